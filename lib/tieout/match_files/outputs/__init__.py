"""Results of a match, for people and for programs."""
