"""Scores of candidate pairs, and what is known to be right."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "one_to_one": "one_partner_each",
        "questions": "worth_asking",
        "truth": "Truth read_truth",
    },
)
