"""Published identities measured against known truth."""
