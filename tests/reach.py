"""Which environments there are, one of each family, and which have no exact optimum."""

import pytest
from dialogym.envs.registration import TABLE, representatives

OUT_OF_REACH = ("ClinicLarge-v0", "RecommendationLarge-v0", "Spacing-v0")
SHIPPED = tuple(env_id for env_id, (path, _) in TABLE.items() if path.startswith("dialogym."))
ONE_OF_EACH = tuple(env_id for env_id in representatives() if env_id in SHIPPED)
"""What the suite does for every family is tried with one environment of each; what a variant alone can break, with all."""

FEW = ("Coaching-v0", "Mafia-v0", "Negotiation-v0", "Repeated-v0", "Service-v0", "Tutoring-v0")
"""One who answers alone, several at a table, sealed moves, a tool: with these `make test` tries what all share."""


def in_few(env_ids=ONE_OF_EACH):
    """For `parametrize`: `FEW`, and what is no environment of the suite, by `make test`, the others by `make test-long`."""
    return [
        env_id if env_id in FEW or env_id not in SHIPPED else pytest.param(env_id, marks=pytest.mark.long)
        for env_id in env_ids
    ]


def in_time(env_ids=SHIPPED, without=()):
    """For `parametrize`: those of `ONE_OF_EACH` are tried by `make test`, variants and others by `make test-long`."""
    quick = {*ONE_OF_EACH} - {*without}
    return [env_id if env_id in quick else pytest.param(env_id, marks=pytest.mark.long) for env_id in env_ids]
