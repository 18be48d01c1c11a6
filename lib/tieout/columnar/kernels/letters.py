"""How do Spark's `lower`, `upper` and `initcap` write letters, for a whole column at once?

Spark asks ICU. What Python's `str.lower` and `str.upper` do is the same for every character that Python knows:
both follow Unicode's full mapping without regard to a language. Characters that it does not know are doubtful.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.columnar.kernels.call import Call, Kernel, Refusal
from tieout.columnar.kernels.spans import Flags, Texts, column, doubt, replaced
from tieout.columnar.tree import Node

# Without small and capital letters: Chinese and Korean; surrogates and private use.
UNCASED = ((0x3400, 0xA000), (0xAC00, 0xFB00))
# Unicode 16, which ICU has, gave these capitals.
NEWER = "\u0264\u019b"
# A final sigma is written otherwise.
BY_CONTEXT = "Σ"
ODD = 0
TWO, THREE, FOUR = 0xC2, 0xE0, 0xF0


def lower(call: Call) -> pa.Array:
    """Return texts in small letters."""
    return _mapped(call, pc.ascii_lower, str.lower, _small())


def upper(call: Call) -> pa.Array:
    """Return texts in capital letters."""
    return _mapped(call, pc.ascii_upper, str.upper, _capital())


def capitalised(call: Call) -> pa.Array:
    """Return texts with a capital letter at the beginning and behind each space, and small ones elsewhere."""
    given = column(call, 0)
    texts = Texts(given)
    if texts.is_ascii:
        return _ascii_capitalised(given)
    beyond = texts.flagged(texts.beyond_ascii[0]) & np.asarray(given.is_valid())
    coded = given.filter(pa.array(beyond)).dictionary_encode()
    changed = pa.array(map(_words_capitalised, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)
    found = replaced(_ascii_capitalised(given), beyond, changed)
    doubt(call, np.asarray(found.is_null()), given)
    return found


def _ascii_capitalised(given: pa.Array) -> pa.Array:
    """Return texts with such letters, right where they are ASCII."""
    texts = Texts(pc.ascii_lower(given))
    first = np.ones(len(texts.data) + 1, dtype=np.bool_)
    first[1:] = texts.data == ord(" ")
    first[texts.offsets] = True
    first = first[:-1] & (texts.data >= ord("a")) & (texts.data <= ord("z"))
    return texts.built(texts.offsets, texts.data - (first * np.uint8(0x20)))


def _words_capitalised(text: str) -> str | None:
    """Return a text with such letters; None where one of them may be written in another way."""
    words = text.split(" ")
    if not all(_is_plain_start(word[:1]) and all(map(_is_plain, word[1:])) for word in words):
        return None
    return " ".join(word[:1].upper() + word[1:].lower() for word in words)


@cache
def _is_plain_start(first: str) -> bool:
    """Tell whether the first character of a word, or none, has one capital letter."""
    capital = first.upper()
    return len(capital) == len(first) and capital == first.title() and all(map(_is_known, first))


@cache
def _is_plain(character: str) -> bool:
    """Tell whether a character has one small letter, wherever it stands."""
    return len(character.lower()) == 1 and _is_known(character) and character not in BY_CONTEXT


@cache
def _small() -> NDArray[np.uint16]:
    return _table(str.lower)


@cache
def _capital() -> NDArray[np.uint16]:
    return _table(str.upper)


def _table(change: Callable[[str], str]) -> NDArray[np.uint16]:
    """Return by code what a character becomes, `ODD` unless that is one character of as many bytes."""
    table = np.arange(0x10000, dtype=np.uint16)
    uncased = {code for start, end in UNCASED for code in range(start, end)}
    for code in range(0x80, 0x10000):
        if code not in uncased:
            before = chr(code)
            after = change(before)
            settled = len(after) == 1 and len(after.encode()) == len(before.encode()) and _is_known(before)
            table[code] = ord(after) if settled and before not in BY_CONTEXT else ODD
    return table


def _is_known(character: str) -> bool:
    return unicodedata.category(character) != "Cn" and character not in NEWER


def _mapped(
    call: Call, ascii_only: Callable[[pa.Array], pa.Array], change: Callable[[str], str], table: NDArray[np.uint16]
) -> pa.Array:
    given = column(call, 0)
    if Texts(given).is_ascii:
        return ascii_only(given)
    texts = Texts(ascii_only(given))
    data = texts.data.copy()
    odd = np.concatenate([_two_bytes(data, table), _three_bytes(data, table), np.flatnonzero(data >= FOUR)])
    done = texts.built(texts.offsets, data)
    if not len(odd):
        return done
    rows = texts.flagged(odd) & np.asarray(given.is_valid())
    before = given.filter(pa.array(rows)).to_pylist()
    _doubt_unknown(call, rows, before, given)
    return replaced(done, rows, [change(text) for text in before])


def _doubt_unknown(call: Call, rows: Flags, before: list[str], given: pa.Array) -> None:
    unknown = rows.copy()
    unknown[rows] = [not all(map(_is_known, text)) for text in before]
    doubt(call, unknown, given)


def _two_bytes(data: NDArray[np.uint8], table: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Write letters of two bytes in place; return where the odd ones are."""
    places = np.flatnonzero((data >= TWO) & (data < THREE))
    codes = (data[places] & 0x1F).astype(np.uint16) << 6 | data[places + 1] & 0x3F
    after = table[codes]
    settled = after != ODD
    data[places[settled]] = 0xC0 | after[settled] >> 6
    data[places[settled] + 1] = 0x80 | after[settled] & 0x3F
    return np.asarray(places[~settled], dtype=np.int64)


def _three_bytes(data: NDArray[np.uint8], table: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Write letters of three bytes in place; return where the odd ones are."""
    places = np.flatnonzero((data >= THREE) & (data < FOUR))
    if not len(places):
        return places
    first, second, third = (data[places + number].astype(np.uint16) for number in range(3))
    after = table[(first & 0xF) << 12 | (second & 0x3F) << 6 | third & 0x3F]
    settled = after != ODD
    written, after = places[settled], after[settled]
    data[written] = 0xE0 | after >> 12
    data[written + 1] = 0x80 | after >> 6 & 0x3F
    data[written + 2] = 0x80 | after & 0x3F
    return np.asarray(places[~settled], dtype=np.int64)


def _reason(node: Node) -> str | None:
    """Spark's optimizer drops the inner one of two, which is not the same for `ẞ` and some others."""
    return "lower and upper of each other" if node.children[0].kind in CASES else None


CASES: dict[str, Kernel] = {"Lower": lower, "Upper": upper}
KERNELS: dict[str, Kernel] = CASES | {"InitCap": capitalised}
REFUSALS: dict[str, Refusal] = dict.fromkeys(CASES, _reason)
