"""Mappings compiled from YAML into Spark SQL, and silver's upkeep."""
