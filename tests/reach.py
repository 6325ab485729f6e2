"""Which environments there are, one of each family, and which have no exact optimum."""

import pytest
from dialogym.envs.registration import TABLE, representatives

OUT_OF_REACH = ("ClinicLarge-v0", "RecommendationLarge-v0", "Spacing-v0")
SHIPPED = tuple(env_id for env_id, (path, _) in TABLE.items() if path.startswith("dialogym."))
ONE_OF_EACH = tuple(env_id for env_id in representatives() if env_id in SHIPPED)
"""What the suite does for every family is tried with one environment of each; what a variant alone can break, with all."""


def in_time(env_ids=SHIPPED):
    """For `parametrize`: those of `ONE_OF_EACH` are tried by `make test`, variants by `make test-long`."""
    return [env_id if env_id in ONE_OF_EACH else pytest.param(env_id, marks=pytest.mark.long) for env_id in env_ids]
