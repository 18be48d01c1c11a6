"""Text files: lines, encodings, quotes, delimited and fixed-width columns."""
