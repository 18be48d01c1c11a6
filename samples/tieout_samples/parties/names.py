"""Customers' names: surnames, invented words and initials, with what the company does."""

from __future__ import annotations

import re

import numpy as np

from tieout_samples.letters import ascii_only
from tieout_samples.plan import Piece
from tieout_samples.pools import Pool, pools
from tieout_samples.rows import Rows, chance, text
from tieout_samples.vocabulary import AND, INDUSTRIES

#: Invented names are put together of a head, a middle and a tail.
_SYLLABLES = """
Nor Vel Bri Cal Dor Fer Gal Hel Kor Lum Mar Nov Ort Pel Qua Ros Sil Tal Ver Zan Alt Ber Cor Del El Fin Gra
Har Ino Jo Ka Lin Mon Nex Op Pra Ri Sol Tri Ul
da vi ro ma ti le no ra sto ne ka lu pha ri de va mo la tri go
tec nex lis dor mar ven rion tis gard lux core via sys wald berg ton field max plan form
"""
_WORDS = _SYLLABLES.split()
_HEADS, _MIDDLES, _TAILS = _WORDS[:40], _WORDS[40:60], _WORDS[60:]
_GROUP_WORDS = ("Holding", "Group", "International", "Beteiligungen", "Participations")


def company_names(piece: Piece, rng: np.random.Generator, rows: Rows) -> Rows:
    """Add name (without legal form), form, brand, industry (position in `INDUSTRIES`) and web_name."""
    pool = [pools(piece.plan.seed)[i] for i in rows["locale"]]
    drawn = rng.random((len(rows), 8))
    head = np.arange(len(rows)) - rows["place"]
    industry = (drawn[:, 0] * len(INDUSTRIES)).astype(np.int64)
    industry = (industry[head] + rows["place"] * 5) % len(INDUSTRIES)
    industry = np.where(rows["kind"] == "franchise", industry[head], industry)
    words = [
        INDUSTRIES[i][2][p.locale.language][int(u * 2)] for i, p, u in zip(industry, pool, drawn[:, 1], strict=True)
    ]
    brands = [_brand(p, town, u) for p, town, u in zip(pool, rows["town"], drawn[:, 2:6], strict=True)]
    # In a family every member carries the head's brand.
    brands = [brands[i] for i in head]
    kept = chance(rng, len(rows), 0.75) | (rows["kind"] != "single")
    names = [
        _name(brand, word, kind, place, town, keep, u)
        for brand, word, kind, place, town, keep, u in zip(
            brands, words, rows["kind"], rows["place"], rows["town"], kept, drawn[:, 6], strict=True
        )
    ]
    return rows.having(
        name=text(names),
        brand=text(brands),
        form=text(_form(p, u) for p, u in zip(pool, drawn[:, 7], strict=True)),
        industry=industry,
        web_name=text(f"{brand} {word}" for brand, word in zip(brands, words, strict=True)),
    )


def _brand(pool: Pool, town: str, drawn: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """Return the words that tell this company from others."""
    style, a, b, c = (float(u) for u in drawn)
    last = pool.last[int(a * len(pool.last))]
    other = pool.last[int(b * len(pool.last))]
    first = (pool.male if c < 0.5 else pool.female)[int(b * len(pool.male)) % len(pool.female) % len(pool.male)]
    if style < 0.34:
        return _HEADS[int(a * len(_HEADS))] + _MIDDLES[int(b * len(_MIDDLES))] + _TAILS[int(c * len(_TAILS))]
    if style < 0.58:
        return f"{last} & {other}" if c < 0.6 else f"{last} {AND[pool.locale.language]} {other}"
    if style < 0.74:
        return f"{first} {last}"
    if style < 0.86:
        return f"{last}-{other}"
    if style < 0.95:
        return f"{last} {town.split(',')[0]}"
    return "".join("ABCDEFGHIKLMNOPRSTVW"[int(u * 20)] for u in (a, b, c)) + f" {last}"


def _name(brand: str, word: str, kind: str, place: int, town: str, keep: bool, u: float) -> str:
    if kind == "holding" and place == 0:
        return f"{brand} {_GROUP_WORDS[int(u * 3)]}"
    if kind == "franchise":
        return f"{brand} {word} {town}"
    if not keep:
        return brand
    return f"{brand} {word} {_GROUP_WORDS[1 + int(u * 10)]}" if u < 0.2 and kind == "single" else f"{brand} {word}"


def _form(pool: Pool, u: float) -> str:
    """Draw a legal form; the first of a country is the most usual."""
    forms = list(pool.locale.forms)
    return forms[int(u * u * len(forms))]


def slug(name: str, joiner: str) -> str:
    """Return the words of a name as they stand in a domain: at most 30 letters."""
    words = re.findall(r"[a-z0-9]+", ascii_only(name).lower())
    return joiner.join(words)[:30].strip("-")
