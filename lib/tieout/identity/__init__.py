"""Which records are one customer, one person, one product: clusters, stable ids, decisions, explanation."""
