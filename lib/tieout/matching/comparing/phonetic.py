"""Phonetic keys, which survive the spelling errors that people make by ear."""

from __future__ import annotations

import re
from functools import lru_cache

# What must be in a word for the pattern after it to be worth a look, the pattern, and its sound.
_GROUPS = [
    (sign, re.compile(pattern), sound)
    for sign, pattern, sound in (
        ("n", r"^(?:kn|gn|pn)", "n"), ("wr", r"^wr", "r"), ("wh", r"^wh", "w"), ("x", r"^x", "s"), ("ps", r"^ps", "s"),
        ("h", r"sch|sh|tch|ch|zh", "C"), ("p", r"ph|pf", "f"), ("gh", r"gh(?=[aeiou])", "g"), ("gh", r"gh", ""),
        ("th", r"th", "t"), ("", r"ck|q", "k"), ("x", r"x", "ks"), ("d", r"dge|dj", "j"), ("c", r"c(?=[eiy])", "s"),
        ("c", r"c", "k"), ("g", r"g(?=[eiy])", "j"), ("z", r"z", "s"), ("v", r"v", "f"), ("w", r"w(?![aeiou])", ""),
        ("", r"d(?=t)|(?<=m)b$", ""),
    )
]  # fmt: skip
_CLASSES = str.maketrans({"d": "t", "b": "p", "g": "k", "m": "n", "v": "f"})


@lru_cache(maxsize=200_000)
def phonetic_key(word: str) -> str:
    """Return the first letter's sound and the consonants after it; digits stay as they are."""
    if not word or word[0].isdigit():
        return word
    for sign, pattern, sound in _GROUPS:
        if sign in word:
            word = pattern.sub(sound, word)
    if not word:
        return ""
    head = "A" if word[0] in "aeiouy" else word[0]
    rest = re.sub(r"[aeiouyhw]", "", word[1:])
    key = (head + rest).translate(_CLASSES)
    return re.sub(r"(.)\1+", r"\1", key)[:6]
