"""Which records are one real customer? Comparison of records, the model that weighs it, and its training."""
