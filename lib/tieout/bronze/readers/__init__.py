"""Readers of the formats that exports have, and the registry of them."""
