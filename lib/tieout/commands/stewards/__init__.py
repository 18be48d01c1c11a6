"""Verbs by which people decide: quarantine and review."""
