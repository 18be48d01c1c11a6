"""Blocking keys and the candidate pairs that they give."""
