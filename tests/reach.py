"""Which environments have no exact optimum."""

OUT_OF_REACH = ("ClinicLarge-v0", "RecommendationLarge-v0", "Spacing-v0")
