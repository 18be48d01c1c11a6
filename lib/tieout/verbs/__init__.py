"""The verbs of the command line: each module reads tables, calls the library, writes and reports."""
