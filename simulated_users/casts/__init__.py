"""What a language model is told in order to decide for a simulated person: one module a family, for those that a language model can play."""
