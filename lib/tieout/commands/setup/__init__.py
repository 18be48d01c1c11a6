"""Verbs that need no lakehouse: samples, config, a match of files."""
