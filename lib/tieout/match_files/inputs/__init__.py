"""Files of records: read, their columns paired and named."""
