"""Record numbers as systems give them: checksummed, scrambled and hexadecimal keys."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Iterable

import numpy as np

from tieout_samples.rows import Array, text

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def salesforce_ids(prefix: str, numbers: Iterable[int]) -> Array:
    """Return 18-character ids: 3-letter object prefix, instance, base-62 number, 3-letter case checksum."""
    return text(_with_checksum(f"{prefix}5g{_base62(number, 10)}") for number in numbers)


def _base62(number: int, width: int) -> str:
    digits = []
    while number:
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits)).rjust(width, "0")


def _with_checksum(short: str) -> str:
    """Append the case checksum: one letter for each five characters, a bit for each capital."""
    letters = []
    for start in (0, 5, 10):
        bits = sum(1 << i for i, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")
        letters.append(_SUFFIX[bits])
    return short + "".join(letters)


def guids(topic: str, numbers: Iterable[int]) -> Array:
    """Return a GUID per number, the same for the same topic and number."""
    return text(str(uuid.UUID(bytes=hashlib.md5(f"{topic}{n}".encode()).digest())) for n in numbers)


def scramble(numbers: Array, total: int, key: int) -> Array:
    """Permute 0 ... total-1, so that neighbours in the world are not neighbours in a system."""
    total = max(total, 2)
    factor = (int(total * 0.618) + key) % total or 1
    while math.gcd(factor, total) != 1:
        factor += 1
    return np.asarray((numbers.astype(np.int64) * factor + key) % total)
