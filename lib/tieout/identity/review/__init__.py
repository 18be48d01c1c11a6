"""The review queue, its sheets and its page: questions for stewards, and their answers read back."""
