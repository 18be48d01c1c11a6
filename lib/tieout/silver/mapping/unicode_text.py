"""Unicode NFKC and single spaces for many texts at once, in Spark SQL."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

from tieout.config.lookups import constant
from tieout.platform.sql import literal

# NFKC also changes mathematical letters, old scripts and the like, which no name, address or key has.
SINGLE = ((0x00A0, 0x0600), (0x1E00, 0x2500), (0x3000, 0x3400), (0xFF00, 0xFFF0))
SEVERAL = ((0x00A0, 0x0180), (0x2000, 0x2190), (0x3230, 0x3250), (0x337B, 0x3380), (0xFB00, 0xFB07))
COMPOSED = ((0x00C0, 0x0250), (0x0386, 0x0460), (0x1E00, 0x1F00), (0x3040, 0x3100))
ODD_SPACE = "[\\\\s\\\\p{Z}\\\\p{Cc}]"
# The letters of Latin scripts that NFKC leaves as they are.
SETTLED = "À-ıĴ-ľŁ-ňŊ-žƀ-ǃ"
# Printing ASCII, which most texts mostly are, is a class of its own: one of many ranges is slow.
PLAIN = f"^(?:[ -~\\\\t\\\\n\\\\r]++|[{SETTLED}]++)*+$"


def cleaned(texts: list[str], let: Callable[[str], str]) -> str:
    """Return SQL for an array: each text in NFKC, single spaces, none at the ends, NULL for empty.

    Texts must be trimmed. A row whose texts are all ASCII, or Latin letters that are composed already, and
    have no odd space is left as it is, which one test over the joined texts tells; where only spaces are
    odd, as in addresses of several lines, only they are looked at.
    """
    together = let(f"concat_ws('|', {', '.join(texts)})")
    spaces = " OR ".join(f"contains({together}, {space})" for space in ("'  '", "'\\n'", "'\\t'", "'\\r'"))
    settled = let(f"octet_length({together}) = char_length({together}) OR {together} RLIKE '{PLAIN}'")
    is_plain = let(f"NOT ({spaces}) AND ({settled})")
    (source, target), spelled = _tables()
    table, buckets = constant(spelled)
    found = f"{let(table)}[CAST(crc32(piece) % {buckets} AS INT)][piece]"
    odd = "".join(character for character in spelled if len(character) == 1)
    pieces = "regexp_extract_all(t, '(?s)\\\\P{M}\\\\p{M}*|\\\\p{M}', 0)"
    composed = f"array_join(transform({pieces}, piece -> coalesce({found}, piece)), '')"
    steps = [
        f"translate(t, {source}, {target})",
        f"CASE WHEN t RLIKE '[\\\\p{{M}}{odd}]' THEN {composed} ELSE t END",
    ]
    array = f"array({', '.join(texts)})"
    changed = array
    for step in steps:
        changed = f"transform({changed}, t -> {step})"
    squashed = f"nullif(trim(regexp_replace(t, '{ODD_SPACE}+', ' ')), '')"
    letters = f"CASE WHEN {settled} THEN {array} ELSE {changed} END"
    return f"CASE WHEN {is_plain} THEN {array} ELSE transform({letters}, t -> {squashed}) END"


@cache
def _tables() -> tuple[tuple[str, str], dict[str, str]]:
    """Return what NFKC does: characters one for one (two SQL texts), and what needs more than that."""
    single = {}
    spelled = {}
    for before in _characters(SINGLE):
        after = unicodedata.normalize("NFKC", before)
        if len(after) == 1 and after != before:
            single[before] = after
    for before in _characters(SEVERAL):
        after = unicodedata.normalize("NFKC", before)
        if len(after) > 1:
            spelled[before] = after
    for composed in _characters(COMPOSED):
        parts = unicodedata.normalize("NFD", composed)
        if len(parts) > 1 and unicodedata.normalize("NFC", parts) == composed:
            spelled[parts] = composed
            spelled[unicodedata.normalize("NFC", parts[:-1]) + parts[-1]] = composed
    return (literal("".join(single)), literal("".join(single.values()))), spelled


def _characters(blocks: tuple[tuple[int, int], ...]) -> list[str]:
    return [chr(code) for start, end in blocks for code in range(start, end)]
