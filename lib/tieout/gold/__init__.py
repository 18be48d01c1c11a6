"""Gold: golden records, customer 360, metrics and the tie-out, from silver and match."""
