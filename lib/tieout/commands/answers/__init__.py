"""Verbs that read the lakehouse and print."""
