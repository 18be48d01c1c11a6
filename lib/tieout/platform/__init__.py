"""Session, SQL, rows, hashing, Arrow helpers, terminal and workbooks: nothing here knows a lakehouse."""
