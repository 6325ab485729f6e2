"""Which environments there are, one of each family, and which have no exact optimum."""

from dialogym.envs.registration import TABLE, representatives

OUT_OF_REACH = ("ClinicLarge-v0", "RecommendationLarge-v0", "Spacing-v0")
SHIPPED = tuple(env_id for env_id, (path, _) in TABLE.items() if path.startswith("dialogym."))
ONE_OF_EACH = tuple(env_id for env_id in representatives() if env_id in SHIPPED)
"""What the suite does for every family is tried with one environment of each; what a variant alone can break, with all."""
