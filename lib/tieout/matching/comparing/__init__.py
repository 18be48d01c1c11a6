"""Comparison of pairs: the level that each comparison reaches."""
