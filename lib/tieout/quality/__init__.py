"""What must hold of the rows, and where do those go that fail? Great Expectations gates and quarantine."""
