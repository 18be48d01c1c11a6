"""One module a chapter of the report: from small frames to charts, tables and sentences."""
