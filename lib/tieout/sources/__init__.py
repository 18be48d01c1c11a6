"""Which rows does an export hold? Listing, checking and reading files into bronze, and drift."""
