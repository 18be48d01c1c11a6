"""Listing, checking and reading files into bronze, and drift."""
