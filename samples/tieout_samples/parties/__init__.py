"""Companies and persons, and what each system knows of them."""
