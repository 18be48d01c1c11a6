"""Comparison of records, the model that weighs it, and its training."""
