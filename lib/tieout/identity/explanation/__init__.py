"""Explanations of pairs and clusters, in numbers and in words."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "pairs": "explain_pair",
        "lookup": "find_records",
        "why": "why_cluster why_pair",
    },
)
