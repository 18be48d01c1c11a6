"""Of which kind is a character, and is that the same for Java, RE2 and Python?"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np

from tieout.columnar.kernels.spans import Flags

CODES = 0x110000
# Blocks in which all three know the same characters, whichever version of Unicode (from 13 on) they have.
SAME = (
    (0x0000, 0x061D), (0x061E, 0x0870), (0x0900, 0x0C3C), (0x0E00, 0x0ECE), (0x10A0, 0x1200), (0x1E00, 0x20C0),
    (0x20D0, 0x2427), (0x2460, 0x2C00), (0x3000, 0x31E4), (0x3200, 0x9FFD), (0xAC00, 0xD800), (0xE000, 0xFBC2),
    (0xFE00, 0x10000), (0x1F000, 0x1FB00), (0x20000, 0x2A6D7),
)  # fmt: skip
BLOCK = 0x10000


@cache
def is_unsure() -> Flags:
    """Return by code whether the kind of the character may be told differently."""
    unsure = np.ones(CODES, dtype=np.bool_)
    for start, end in SAME:
        unsure[start:end] = start < BLOCK and [unicodedata.category(chr(code)) == "Cn" for code in range(start, end)]
    return unsure


@cache
def of_kind(kind: str) -> Flags:
    """Return by code whether the character's general category is, or begins with, this; right where it is sure.

    Not for symbols and unassigned characters, as these change.
    """
    found = np.zeros(CODES, dtype=np.bool_)
    for start, end in SAME:
        found[start:end] = [unicodedata.category(chr(code)).startswith(kind) for code in range(start, end)]
    return found
