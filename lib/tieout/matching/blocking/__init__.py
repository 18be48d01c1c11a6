"""Blocking keys and the candidate pairs that they give."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "keys": "record_keys slot_rules",
        "large_keys": "name_large_keys",
        "pairs": "block_pairs",
    },
)
