"""The value that a golden record keeps of each field."""
