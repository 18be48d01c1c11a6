"""Records made comparable: texts normalised, words counted, as Arrow columns."""
