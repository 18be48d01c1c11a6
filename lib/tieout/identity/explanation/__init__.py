"""Explanations of pairs and clusters, in numbers and in words."""
