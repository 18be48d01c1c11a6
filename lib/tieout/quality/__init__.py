"""Great Expectations gates, and the quarantine for the rows that fail them."""
