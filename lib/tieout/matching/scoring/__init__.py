"""Scores of candidate pairs, and what is known to be right."""
