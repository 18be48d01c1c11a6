"""A first source config from sample files of an unknown system."""
