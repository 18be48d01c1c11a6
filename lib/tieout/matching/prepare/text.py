"""Comparable text, vectorised on Arrow arrays: case, accents, punctuation, spaces."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
    "\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-",
}  # fmt: skip

# Two to five letters with dots between them, whether or not one ends them: b.v, s.a.r.l., g.m.b.h.
DOTTED = r"\b(\p{L})\.(\p{L})\b(?:\.(\p{L})\b)?(?:\.(\p{L})\b)?(?:\.(\p{L})\b)?\.?"


def strings(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the values as one array of trimmed texts, null where nothing is left."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    if not pa.types.is_string(values.type):
        values = values.cast(pa.string())
    return blank_to_null(pc.utf8_trim_whitespace(values))


def blank_to_null(values: pa.Array) -> pa.Array:
    """Return the values with null in place of the empty text."""
    empty = pc.equal(pc.binary_length(values), 0)
    if not pc.any(empty).as_py():
        return values
    return pc.if_else(empty, pa.scalar(None, pa.string()), values)


def plain(values: pa.Array) -> pa.Array:
    """Return lower-case texts without accents."""
    values = pc.utf8_lower(values)
    foreign = pc.invert(pc.string_is_ascii(pc.fill_null(values, "")))
    if not pc.any(foreign).as_py():
        return values
    return pc.replace_with_mask(values, foreign, _without_accents(values.filter(foreign)))


def _without_accents(values: pa.Array) -> pa.Array:
    for letter, replacement in _LETTERS.items():
        values = pc.replace_substring(values, letter, replacement)
    decomposed = pc.utf8_normalize(values, form="NFKD")
    return pc.replace_substring_regex(decomposed, r"\p{Mn}+", "")


def words(values: pa.Array) -> pa.Array:
    """Return plain texts of letters and digits, one space between words, null where none are left.

    `&` and `+` become "and"; the dots of an abbreviation and apostrophes close up ("s.p.a." is "spa").
    """
    values = plain(values)
    # Most texts are so written already, and one look tells.
    odd = pc.fill_null(pc.match_substring_regex(values, r"[^\p{L}\p{N} ]|  |^ | $|^$"), False)
    if not pc.any(odd).as_py():
        return values
    return pc.replace_with_mask(values, odd, _words(values.filter(odd)))


def _words(values: pa.Array) -> pa.Array:
    values = _replace(values, r"[&+]", r"\s*[&+]\s*", " and ")
    values = _replace(values, r"\.", DOTTED, r"\1\2\3\4\5 ")
    values = _replace(values, r"\.", r"\b(\w)\.(?:\s?(\w)\.)(?:\s?(\w)\b\.?)?", r"\1\2\3 ")
    values = _replace(values, r"['`]", r"['`]", "")
    return squash(pc.replace_substring_regex(values, r"[^\p{L}\p{N} ]+", " "))


def _replace(values: pa.Array, sign: str, pattern: str, replacement: str) -> pa.Array:
    """Replace a pattern in the texts with a sign that it needs: most have none, and to look for it is quicker."""
    found = pc.fill_null(pc.match_substring_regex(values, sign), False)
    if not pc.any(found).as_py():
        return values
    return pc.replace_with_mask(values, found, pc.replace_substring_regex(values.filter(found), pattern, replacement))


def squash(values: pa.Array) -> pa.Array:
    """Return the texts trimmed, each run of spaces one space, null where empty."""
    values = _replace(values, "  ", " {2,}", " ")
    return blank_to_null(pc.utf8_trim(values, characters=" "))


def letters_and_digits(values: pa.Array) -> pa.Array:
    """Return plain texts without anything but letters and digits, null where none are left."""
    return blank_to_null(pc.replace_substring_regex(plain(values), r"[^\p{L}\p{N}]+", ""))
