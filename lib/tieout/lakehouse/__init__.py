"""Delta tables, the record of runs, the audit, and the context that a job works in."""
