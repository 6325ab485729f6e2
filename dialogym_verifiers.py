"""What ``vf-eval dialogym-verifiers`` looks for: the environments, in the interface of the verifiers that is there."""

try:
    from dialogym.adapters.verifiers import load_environment

    __all__ = ["load_environment"]
except (ImportError, AttributeError):  # from 0.4 on
    from dialogym.adapters.verifiers_v1 import DialogymEnv, DialogymTaskset

    __all__ = ["DialogymEnv", "DialogymTaskset"]
