"""Mapping of bronze into typed silver entities, and silver's upkeep."""
