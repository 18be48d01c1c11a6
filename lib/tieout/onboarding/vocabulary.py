"""Column names taken apart by the words of `conf/words.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import Field

from tieout.config.base import StrictModel, read_model

UNKNOWN = "?"
SHORTEST_PART = 3
# A run of letters is taken apart when the list knows this share of them.
KNOWN_SHARE = 0.45
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+|\d+")


class FieldWords(StrictModel):
    """How the columns of one canonical field are called, and what their values are."""

    called: list[str] = Field(description="phrases of words, best first")
    weak: list[str] = Field(default=[], description="phrases that only count where the values agree")
    kind: str
    alone: float = Field(default=0, ge=0, le=1, description="how sure the values alone make us")
    to: str | None = Field(default=None, description="reference: the entity it points to")
    lookup: str | None = Field(default=None, description="code list that turns the values into the field's")
    otherwise: str | None = Field(default=None, description="what the code list gives for the rest")


class TableWords(StrictModel):
    """How the tables of one entity are called; `not` are tables that only look like it."""

    called: list[str]
    never: list[str] = Field(default=[], alias="not")


class Inherited(StrictModel):
    """Fields that a record has from the one that it points to."""

    through: str
    fields: list[str]


class Vocabulary(StrictModel):
    """All of `words.yml`."""

    words: dict[str, list[str]]
    abbreviations: dict[str, str] = {}
    dictionary: dict[str, str] = {}
    roles: dict[str, list[str]] = {}
    fillers: list[str] = []
    others: list[str] = []
    tables: dict[str, TableWords] = {}
    never: list[str] = []
    fields: dict[str, dict[str, FieldWords]]
    same_as: dict[str, dict[str, str]] = {}
    inherit: dict[str, Inherited] = {}
    modified: list[str] = []
    deleted: list[str] = []

    @cached_property
    def meaning(self) -> dict[str, str]:
        """Return variant → word; where two words claim a variant, the first has it."""
        known: dict[str, str] = {}
        for word, variants in self.words.items():
            for variant in (word, *variants):
                known.setdefault(variant, word)
        phrases = [
            *self.dictionary.values(),
            *self.roles,
            *self.modified,
            *self.deleted,
            *self.fillers,
            *self.others,
            *self.never,
        ]
        phrases += [name for one in self.tables.values() for name in (*one.called, *one.never)]
        phrases += [name for fields in self.fields.values() for one in fields.values() for name in one.called]
        for word in " ".join(phrases).split():
            known.setdefault(word, word)
        return known

    @cached_property
    def role_of(self) -> dict[str, str]:
        """Return code → the word of what it stands for, as `RE` for the partner who is billed."""
        return {code.lower(): word for word, codes in self.roles.items() for code in codes}


def read_vocabulary(directory: Path) -> Vocabulary:
    """Read `words.yml` of a config directory. Raises ConfigError."""
    return read_model(directory / "words.yml", Vocabulary)


@dataclass(frozen=True)
class Words:
    """What a name says: words of the list in order, `?` for each part that it does not know, and its number."""

    known: tuple[str, ...]
    number: int | None = None

    def __add__(self, other: Words) -> Words:
        return Words(self.known + other.known, other.number)


def words_of(name: str, vocabulary: Vocabulary) -> Words:
    """Take a column's or table's name apart: `primaryContactEmail`, `EMAIL1`, `annualrevenue`.

    A name that the dictionary has says what it says there.
    """
    phrase = vocabulary.dictionary.get(name.lower())
    if phrase is not None:
        return Words(tuple(vocabulary.meaning[word] for word in phrase.split()))
    found: list[str] = []
    number = None
    parts = PART.findall(name)
    for position, part in enumerate(parts):
        if part.isdigit():
            number = int(part)
        elif part.lower() == "no" and position == 0 and len(parts) > 1:
            # In front it denies, as in NoMarketing; behind it is short for number.
            found.append("not")
        else:
            found += _meaning(part.lower(), vocabulary)
    return Words(tuple(dict.fromkeys(found)), number)


def _meaning(part: str, vocabulary: Vocabulary) -> list[str]:
    known = vocabulary.meaning
    if part in known:
        return [known[part]]
    pairs = [part[at : at + 2] for at in range(0, len(part), 2)]
    if all(pair in vocabulary.abbreviations for pair in pairs):
        return [vocabulary.abbreviations[pair] for pair in pairs]
    parts = _segments(part, known)
    letters = sum(len(one) for one in parts if one in known)
    if letters >= KNOWN_SHARE * len(part):
        return [known.get(one, UNKNOWN) for one in parts]
    return [UNKNOWN]


def _segments(text: str, known: Mapping[str, str]) -> list[str]:
    """Cut a run of letters into known words, with as few letters left over, then as few words, as can be."""
    best: list[tuple[float, list[str]]] = [(0.0, [])]
    for end in range(1, len(text) + 1):
        cost, parts = best[end - 1]
        choices = [(cost + 1.0, _joined(parts, text[end - 1], known))]
        for start in range(max(0, end - 20), end - SHORTEST_PART + 1):
            if text[start:end] in known:
                before, words = best[start]
                choices.append((before + 0.3, [*words, text[start:end]]))
        best.append(min(choices, key=lambda choice: choice[0]))
    return best[-1][1]


def _joined(parts: list[str], letter: str, known: Mapping[str, str]) -> list[str]:
    if parts and parts[-1] not in known:
        return [*parts[:-1], parts[-1] + letter]
    return [*parts, letter]


def shared_prefix(names: Iterable[str]) -> str:
    """Return the letters that nearly all names of a table begin with, as some systems prefix their columns."""
    plain = list(names)
    for length in (4, 3, 2):
        starts = [name[:length].lower() for name in plain if name[:length].isalnum() and len(name) > length]
        prefix = max(set(starts), key=starts.count, default="")
        if len(plain) >= 4 and starts.count(prefix) >= 0.9 * len(plain):
            return prefix
    return ""


COST = {"filler": 0.04, "unknown": 0.1, "word": 0.2, "other": 0.5, "number": 0.3, "rank": 0.04}
WEAK = 0.5


def likeness(words: Words, field: FieldWords, table: frozenset[str], vocabulary: Vocabulary) -> float:
    """Return how much a name sounds like a field, 0 to 1; words of the table's own name count for little."""
    scores = [
        1.0 - COST["rank"] * rank - _cost(words, phrase.split(), table, vocabulary)
        for rank, phrase in enumerate(field.called)
        if _has(words, phrase.split(), table)
    ]
    scores += [
        WEAK - _cost(words, phrase.split(), table, vocabulary)
        for phrase in field.weak
        if _has(words, phrase.split(), table)
    ]
    return max(0.0, *scores, 0.0)


def _has(words: Words, phrase: list[str], table: frozenset[str]) -> bool:
    missing = [word for word in phrase if word not in words.known]
    return len(missing) < len(phrase) and all(word in table for word in missing)


def _cost(words: Words, phrase: list[str], table: frozenset[str], vocabulary: Vocabulary) -> float:
    cost = COST["number"] if words.number is not None and words.number > 1 else 0.0
    cost += 0.05 * sum(word not in words.known for word in phrase)
    for word in words.known:
        if word in phrase:
            continue
        if word == UNKNOWN:
            cost += COST["unknown"]
        elif word in vocabulary.others:
            cost += COST["other"]
        elif word in vocabulary.fillers or word in table:
            cost += COST["filler"]
        else:
            cost += COST["word"]
    return cost
