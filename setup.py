"""What pyproject.toml cannot say: every folder with an ``__init__.py`` is a subpackage of dialogym."""

from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
FOLDERS = ("core", "simulated_users", "rewards", "envs", "policies", "evaluation", "trainers", "adapters", "scripts")
inside = sorted(
    init.parent.relative_to(ROOT).parts for folder in FOLDERS for init in ROOT.glob(f"{folder}/**/__init__.py")
)
setup(
    packages=["dialogym", *(".".join(("dialogym", *parts)) for parts in inside)],
    py_modules=["dialogym_verifiers"],  # by this name verifiers looks for it
)
