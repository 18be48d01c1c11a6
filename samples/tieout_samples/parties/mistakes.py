"""The mistakes that people make when they key a name, a street, a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tieout_samples.locales import Locale
from tieout_samples.rows import Array, chance, text
from tieout_samples.vocabulary import AND, NAME_SHORT, STREET_SHORT

_NEIGHBOURS = {
    "a": "s",
    "b": "v",
    "c": "x",
    "d": "s",
    "e": "r",
    "f": "g",
    "g": "h",
    "h": "j",
    "i": "o",
    "j": "k",
    "k": "l",
    "l": "k",
    "m": "n",
    "n": "m",
    "o": "p",
    "p": "o",
    "q": "w",
    "r": "t",
    "s": "d",
    "t": "z",
    "u": "i",
    "v": "b",
    "w": "e",
    "x": "c",
    "y": "t",
    "z": "t",
}


def mistyped(rng: np.random.Generator, values: Array, share: float | Array) -> Array:
    """Put one typing error into about `share` of the strings: swapped, lost, doubled or wrong letter."""
    hit = rng.random(len(values)) < share
    drawn = rng.random((len(values), 2))
    return text(
        _mistype(value, float(where), float(how)) if wrong and len(value) > 4 else value
        for value, wrong, (where, how) in zip(values, hit, drawn, strict=True)
    )


def _mistype(value: str, where: float, how: float) -> str:
    at = 1 + int(where * (len(value) - 2))
    head, letter, tail = value[:at], value[at], value[at + 1 :]
    if letter == " " or letter.isdigit():
        return value
    if how < 0.3:
        return head + tail[:1] + letter + tail[1:]
    if how < 0.55:
        return head + tail
    if how < 0.75:
        return head + letter * 2 + tail
    return head + _NEIGHBOURS.get(letter.lower(), letter) + tail


def shortened(rng: np.random.Generator, values: Array, share: float, pairs: Sequence[tuple[str, str]]) -> Array:
    """Abbreviate a known word in about `share` of the strings."""
    hit = chance(rng, len(values), share)
    return text(_shorten(value, pairs) if h else value for value, h in zip(values, hit, strict=True))


def _shorten(value: str, pairs: Sequence[tuple[str, str]]) -> str:
    for long, short in pairs:
        if long in value:
            return value.replace(long, short)
    return value


def short_names(rng: np.random.Generator, values: Array, share: float) -> Array:
    """Abbreviate words of company names."""
    return shortened(rng, values, share, NAME_SHORT)


def short_streets(rng: np.random.Generator, values: Array, share: float) -> Array:
    """Abbreviate words of streets."""
    return shortened(rng, values, share, STREET_SHORT)


def other_and(rng: np.random.Generator, values: Array, languages: Sequence[str], share: float) -> Array:
    """Write `&` for `and`, or the reverse, in the company's language."""
    hit = chance(rng, len(values), share)
    return text(
        _other_and(value, AND[language]) if h else value
        for value, language, h in zip(values, languages, hit, strict=True)
    )


def _other_and(value: str, word: str) -> str:
    return value.replace(" & ", f" {word} ") if " & " in value else value.replace(f" {word} ", " & ")


def with_form(name: str, form: str) -> str:
    """Put a legal form behind a name; forms may bring their own comma."""
    return f"{name}{form}" if form.startswith(",") else f"{name} {form}".strip()


def written_form(locale: Locale, form: str, u: float, missing: float) -> str:
    """Return a legal form as somebody wrote it: mostly as registered, sometimes another way or not at all."""
    if u < missing:
        return ""
    if u < missing + 0.22:
        others = locale.forms[form]
        return others[int((u - missing) / 0.22 * len(others) * 0.999) % len(others)]
    return form


def phone_text(locale: Locale, digits: str, style: float) -> str:
    """Write a telephone number in one of the country's usual ways; style is in [0, 1)."""
    if not digits:
        return ""
    if locale.country == "US":
        area, exchange, line = digits[:3], digits[3:6], digits[6:]
        return (
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"+1 {area} {exchange} {line}",
            f"{area}.{exchange}.{line}",
            f"{area}{exchange}{line}",
            f"1-{area}-{exchange}-{line}",
        )[int(style * 6)]
    cut = 2 if len(digits) < 10 else 3
    area, rest = digits[:cut], digits[cut:]
    trunk, dial = locale.trunk, locale.dial
    return (
        f"+{dial} {area} {rest}",
        f"+{dial} ({trunk}){area} {rest}" if trunk else f"+{dial} {area} {rest}",
        f"{trunk}{area} {rest}",
        f"{trunk}{area}/{rest}",
        f"00{dial} {area} {rest}",
        f"+{dial}{area}{rest}",
        f"{trunk}{area}-{rest[:3]} {rest[3:]}",
    )[int(style * 7)]


def vat_text(number: str, style: float) -> str:
    """Write a tax number plainly, or, in one of ten, with spaces or dots."""
    if style < 0.9 or len(number) < 8 or not number[:2].isalpha():
        return number
    joiner = " " if style < 0.96 else "."
    return number[:2] + joiner + joiner.join(number[i : i + 3] for i in range(2, len(number), 3))
