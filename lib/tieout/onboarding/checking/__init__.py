"""Check of a source config against a sample of its exports."""
