"""Who may see, change and keep what: policies, audit, erasure, retention."""
