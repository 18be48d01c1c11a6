"""How does a word sound? A short key that survives the spelling errors that people make by ear."""

from __future__ import annotations

import re
from functools import lru_cache

_GROUPS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:kn|gn|pn)", "n"), (r"^wr", "r"), (r"^wh", "w"), (r"^x", "s"), (r"^ps", "s"),
        (r"sch|sh|tch|ch|zh", "C"), (r"ph|pf", "f"), (r"gh(?=[aeiou])", "g"), (r"gh", ""),
        (r"th", "t"), (r"ck|q", "k"), (r"x", "ks"), (r"dge|dj", "j"), (r"c(?=[eiy])", "s"),
        (r"c", "k"), (r"g(?=[eiy])", "j"), (r"z", "s"), (r"v", "f"), (r"w(?![aeiou])", ""),
        (r"d(?=t)|(?<=m)b$", ""),
    )
]  # fmt: skip
_CLASSES = str.maketrans({"d": "t", "b": "p", "g": "k", "m": "n", "v": "f"})


@lru_cache(maxsize=200_000)
def sound_key(word: str) -> str:
    """Return the first letter's sound and the consonants after it; digits stay as they are."""
    if not word or word[0].isdigit():
        return word
    for pattern, sound in _GROUPS:
        word = pattern.sub(sound, word)
    if not word:
        return ""
    head = "A" if word[0] in "aeiouy" else word[0]
    rest = re.sub(r"[aeiouyhw]", "", word[1:])
    key = (head + rest).translate(_CLASSES)
    return re.sub(r"(.)\1+", r"\1", key)[:6]
