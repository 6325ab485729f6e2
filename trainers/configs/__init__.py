"""What each algorithm can be told, as dataclasses: they are the options of the command line.

A field carries its one line of documentation; one that a subclass gives another default keeps it. Nothing here loads
torch, so that help and errors in options come at once.
"""

from __future__ import annotations

from .online import (
    CRITICS,
    LEVELS,
    SCHEDULES,
    SEES,
    ExpertIterationConfig,
    GRPOConfig,
    PPOConfig,
    RLOOConfig,
    SelfPlayConfig,
)
from .recorded import (
    PAIRS,
    PARTNERS,
    REFERENCES,
    AWRConfig,
    BCConfig,
    DPOConfig,
    FCPConfig,
    FilteredBCConfig,
    GuidedConfig,
    ILQLConfig,
    KTOConfig,
    MCConfig,
    OfflineConfig,
    PreferenceConfig,
    RecordedConfig,
)
from .users import RewardModelConfig, UserModelConfig, VoiceConfig

__all__ = [
    "CRITICS",
    "LEVELS",
    "PAIRS",
    "PARTNERS",
    "REFERENCES",
    "SCHEDULES",
    "SEES",
    "AWRConfig",
    "BCConfig",
    "DPOConfig",
    "ExpertIterationConfig",
    "FCPConfig",
    "FilteredBCConfig",
    "GRPOConfig",
    "GuidedConfig",
    "ILQLConfig",
    "KTOConfig",
    "MCConfig",
    "OfflineConfig",
    "PPOConfig",
    "PreferenceConfig",
    "RLOOConfig",
    "RecordedConfig",
    "RewardModelConfig",
    "SelfPlayConfig",
    "UserModelConfig",
    "VoiceConfig",
]
