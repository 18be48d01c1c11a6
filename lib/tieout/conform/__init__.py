"""How do exported rows become canonical ones? Mappings compiled from YAML into Spark SQL, and silver's upkeep."""
