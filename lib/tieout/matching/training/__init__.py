"""Training of a model: sampled pairs, EM, labels, charts."""
