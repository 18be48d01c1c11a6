"""Clusters of records from scored pairs."""
