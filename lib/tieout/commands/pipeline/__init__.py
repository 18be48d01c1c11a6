"""Verbs that run a step of the pipeline, or all of them."""
