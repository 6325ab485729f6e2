"""Sampling from language models: rows that speak, hear and are replaced independently of each other.

`sampler` keeps the rows and says when a turn is over; `rows` and `llama` compute the next tokens of all rows, for any
causal model and, faster, for Llamas; `choice` draws them; `make` knows which model gets what.
"""
