"""Comparison of pairs: the level that each comparison reaches."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "levels": "Scheme compare schemes",
        "patterns": "PatternCounts count_patterns",
        "raw_pairs": "pair_digits source_columns",
    },
)
