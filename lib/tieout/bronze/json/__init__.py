"""JSON read as it is written: documents, lines, numbers, deep nesting."""
