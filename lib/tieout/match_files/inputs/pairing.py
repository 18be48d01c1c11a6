"""Which column of one file is which of the other, and which column names each record.

Columns of the same name are paired first, whatever their capitals and signs. The others are paired as
`tieout source new` maps them: by the words of their names (`conf/words.yml`) and by their values, each file to the
fields of the entity that both look like most. What is left over is paired where the values themselves are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from tieout.match_files.inputs.tables import ROW
from tieout.matching.propose.facts import Facts, facts_of, spelled
from tieout.matching.propose.guess import is_identifier_of_record
from tieout.onboarding.columns import Profile, profile
from tieout.onboarding.content import Lists
from tieout.onboarding.guess import Guess, Targets, assign
from tieout.onboarding.sample import Table
from tieout.onboarding.vocabulary import Vocabulary, read_vocabulary, words_of

By = Literal["name", "guess", "values"]

# The kinds of values in `words.yml` as kinds of matching; of the others the values decide.
KINDS = {
    "company": "company_name", "person": "person_name", "given": "given_name", "family": "family_name",
    "street": "street", "city": "city", "region": "region", "postcode": "postcode", "country": "country",
    "phone": "phone", "email": "email", "web": "domain", "domain": "domain", "tax": "identifier", "duns": "identifier",
}  # fmt: skip
# Fields that say nothing of what a record is: yes and no, and keys of one system.
LEFT_OUT = {"flag", "reference"}
# What an id's name may have beside the word for id: `CustomerNo`, `Product ID`.
THINGS = {"company", "contact", "product", "order", "bill", "payment", "case", "deal", "document"}
REPEATED_ID = 0.9
# Values of two columns are the same when this share of the distinct ones is in both, and at least so many are.
SHARED, LEAST_SHARED = 0.3, 5


@dataclass(frozen=True)
class Pairing:
    """A column of both files: the name that it gets, its names there, why, how surely, and the kind if known."""

    name: str
    left: str
    right: str
    by: By
    sure: float
    kind: str | None = None

    @property
    def why(self) -> str:
        """Return the reason in words."""
        if self.by == "name":
            return "same name"
        if self.by == "values":
            return f"{self.sure:.0%} of the values are in both"
        return f"guessed from names and values, {self.sure:.2f} sure"


@dataclass(frozen=True)
class Words:
    """What `conf/` knows of column names and code lists."""

    vocabulary: Vocabulary
    lists: Lists


def pair_columns(left: pd.DataFrame, right: pd.DataFrame, words: Words | None) -> list[Pairing]:
    """Pair the columns of two files by their first rows (texts, None for nothing), in the order of the first file.

    Without `words`, only by names and values.
    """
    found = _same_names(left, right)
    if words is not None:
        found += _guessed(*_rest(left, right, found), words)
    found += _same_values(*_rest(left, right, found))
    order = list(left.columns)
    return _distinct(sorted(found, key=lambda one: order.index(one.left)))


def own_id(frame: pd.DataFrame, words: Words | None) -> str | None:
    """Return the column that names each record of a file, by its first rows; None where none does.

    A column that is called an id and has a few repeats is the id, too: whoever reads it says which they are.
    """
    facts = [facts_of(name, frame[name]) for name in frame.columns if name != ROW]
    filled = [fact for fact in facts if fact.filled == 1.0]
    unique = [fact for fact in filled if fact.unique == 1.0]
    tests = (
        [fact for fact in unique if _is_called_id(fact, words)],
        [fact for fact in unique if is_identifier_of_record(fact) and not _is_evidence(fact, words)],
        [fact for fact in filled if spelled(fact.name) == "id"],
        [fact for fact in filled if fact.unique >= REPEATED_ID and _is_called_id(fact, words)],
    )
    return next((found[0].name for found in tests if found), None)


def _is_called_id(fact: Facts, words: Words | None) -> bool:
    if words is None:
        return spelled(fact.name) == "id"
    known = set(words_of(fact.name, words.vocabulary).known)
    return "id" in known and known <= {"id", *THINGS}


def _is_evidence(fact: Facts, words: Words | None) -> bool:
    """Tell whether a number is one of those by which records are matched, such as a tax number."""
    known = set() if words is None else set(words_of(fact.name, words.vocabulary).known)
    return bool(known & {"tax", "duns", "registration", "phone", "barcode", "postcode", "street"})


def _rest(left: pd.DataFrame, right: pd.DataFrame, found: Sequence[Pairing]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the columns of both files that are not paired yet."""
    return left.drop(columns=[one.left for one in found]), right.drop(columns=[one.right for one in found])


def _same_names(left: pd.DataFrame, right: pd.DataFrame) -> list[Pairing]:
    by_name = {spelled(name) or name: name for name in reversed(right.columns)}
    found = {}
    for name in left.columns:
        other = name if name in right.columns else by_name.get(spelled(name) or name)
        if other is not None and other not in found:
            # Exactly the same name is kept, so that a config reads as the files do.
            found[other] = Pairing(name if name == other else spelled(name), name, other, "name", 1.0)
    return list(found.values())


def _guessed(left: pd.DataFrame, right: pd.DataFrame, words: Words) -> list[Pairing]:
    """Pair columns that are the same field of the entity that both files look like most."""
    if left.columns.empty or right.columns.empty:
        return []
    both = [profile(_table(frame), words.vocabulary, words.lists, {}) for frame in (left, right)]
    best: list[Pairing] = []
    for entity in words.vocabulary.fields:
        one, other = (_fields(each, entity, words.vocabulary) for each in both)
        kinds = words.vocabulary.fields[entity]
        found = [
            Pairing(
                field,
                one[field].column.name,
                other[field].column.name,
                "guess",
                min(one[field].sure, other[field].sure),
                KINDS.get(kinds[field].kind),
            )
            for field in one
            if field in other
        ]
        if sum(pair.sure for pair in found) > sum(pair.sure for pair in best):
            best = found
    return best


def _table(frame: pd.DataFrame) -> Table:
    rows = len(frame)
    return Table("records", (), {}, frame, [0] * rows, list(range(1, rows + 1)), whole=False)


def _fields(file: Profile, entity: str, vocabulary: Vocabulary) -> Mapping[str, Guess]:
    columns = [column for column in file.columns if column.json is None and not column.content.empty]
    guesses = assign(columns, entity, file.words, vocabulary, Targets({}, complete=False))
    kinds = vocabulary.fields[entity]
    return {guess.field: guess for guess in guesses if kinds[guess.field].kind not in LEFT_OUT}


def _same_values(left: pd.DataFrame, right: pd.DataFrame) -> list[Pairing]:
    ones, others = (
        {name: _distinct_values(frame[name]) for name in frame.columns if name != ROW} for frame in (left, right)
    )
    if not ones or not others:
        return []
    shares = np.array([[_shared(one, other) for other in others.values()] for one in ones.values()])
    names, theirs = list(ones), list(others)
    chosen = zip(*linear_sum_assignment(-shares), strict=True)
    return [
        Pairing(spelled(names[row]) or names[row], names[row], theirs[at], "values", round(float(shares[row, at]), 2))
        for row, at in chosen
        if shares[row, at] >= SHARED
    ]


def _distinct_values(values: pd.Series) -> set[str]:
    """Return a column's distinct values; none of short numbers, which are the same by accident."""
    texts = values.dropna().astype(str).str.strip().str.casefold()
    found = set(texts[texts != ""])
    short = sum(bool(re.fullmatch(r"[-\d.,]{1,6}", text)) for text in found)
    return set() if short > len(found) / 2 else found


def _shared(one: set[str], other: set[str]) -> float:
    both = len(one & other)
    return both / min(len(one), len(other)) if both >= LEAST_SHARED else 0.0


def _distinct(pairs: list[Pairing]) -> list[Pairing]:
    """Return the pairings with names that differ: the surer of two keeps its name."""
    taken: dict[str, Pairing] = {}
    for one in sorted(pairs, key=lambda pair: pair.by != "name"):
        name, number = one.name, 2
        while name in taken:
            name, number = f"{one.name}_{number}", number + 1
        taken[name] = Pairing(name, one.left, one.right, one.by, one.sure, one.kind)
    order = {(one.left, one.right): place for place, one in enumerate(pairs)}
    return sorted(taken.values(), key=lambda one: order[one.left, one.right])


def read_words(directory: Path | None) -> Words | None:
    """Return the words and code lists of a config directory, None where it has none. Raises ConfigError."""
    if directory is None or not (directory / "words.yml").is_file():
        return None
    return Words(read_vocabulary(directory), Lists(directory))
