"""Mappings of the config compiled into Spark."""
