"""The columns of a sample's table: their names, words and values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from tieout.onboarding.content import Content, Lists, content_of
from tieout.onboarding.sample import Table
from tieout.onboarding.vocabulary import Vocabulary, Words, shared_prefix, words_of

SHOWN_LISTS = 500
MOST_LABELS = 6
MOST_REPEATED = 0.03
FEW_ROWS = 10
LEAST_LABELS = 3
PROBED = 25
Test = Callable[[dict[str, object]], bool]


@dataclass(frozen=True)
class Column:
    """One column, or a value inside its JSON (`json`); `via` is the alias of the join that it comes through."""

    name: str
    words: Words
    content: Content
    json: str | None = None
    via: str | None = None
    distance: float = 0.0

    @property
    def path(self) -> str:
        """Return the column as a mapping names it: `CITY`, `address.city`."""
        return f"{self.via}.{self.name}" if self.via else self.name


@dataclass(frozen=True)
class Profile:
    """One table: its words, its columns in order, and the distinct values of each."""

    table: Table
    words: Words
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """Return the table's name."""
        return self.table.name

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Return the exported columns (not what is inside their JSON) by name."""
        return {column.name: column for column in self.columns if column.json is None}

    @cached_property
    def values(self) -> dict[str, frozenset[str]]:
        """Return the distinct values of each column, as keys are compared: without case and braces."""
        return {name: frozenset(map(key_form, self.table.frame[name].dropna())) for name in self.by_name}

    @cached_property
    def probes(self) -> dict[str, list[str]]:
        """Return a few values of each column, spread over all: enough to see that they are nobody's keys."""
        return {name: sorted(values)[:: max(1, len(values) // PROBED)] for name, values in self.values.items()}

    def is_unique(self, names: tuple[str, ...]) -> bool:
        """Tell whether these columns name each row of each file, but for a few: exports have totals and repeats.

        A later file may have a row's newer version.
        """
        frame = self.table.frame[list(names)]
        nameless = frame.isna().all(axis=1) | frame.assign(part=self.table.part).duplicated()
        most = max(MOST_REPEATED * len(frame), 1 if len(frame) >= FEW_ROWS else 0)
        return not frame.empty and bool(nameless.sum() <= most)


def key_form(value: str) -> str:
    """Return a key's text as it is compared: some tools write GUIDs in capitals and braces."""
    return value.strip().strip("{}").lower()


def labels_of(tables: Sequence[Table]) -> dict[str, str]:
    """Return column → name for people, where a table of the sample is a list of columns and their names."""
    wanted = {name.rpartition(".")[2] for table in tables for name in table.frame.columns}
    labels: dict[str, str] = {}
    for table in tables:
        named = next((name for name in ("label", "name", "title") if name in table.frame.columns), None)
        for key in table.frame.columns:
            keys = table.frame[key]
            if named and key != named and keys.isin(wanted).sum() >= LEAST_LABELS and keys.is_unique:
                labels |= dict(zip(keys, table.frame[named], strict=True))
    return {key: label for key, label in labels.items() if key in wanted and label}


def profile(table: Table, vocabulary: Vocabulary, lists: Lists, labels: Mapping[str, str]) -> Profile:
    """Look at every column of a table; `labels` are names for people, where the sample tells them."""
    prefix = len(shared_prefix(list(table.frame.columns)))
    columns: list[Column] = []
    for name in table.frame.columns:
        values = table.frame[name]
        plain = name if name.lower() in vocabulary.dictionary else name[prefix:]
        called = labels.get(name.rpartition(".")[2], plain)
        column = Column(name, words_of(called, vocabulary), content_of(name, values, lists))
        columns += [column, *_inside(column, values, vocabulary, lists)]
    return Profile(table, words_of(table.name, vocabulary), tuple(columns))


def _inside(column: Column, values: pd.Series, vocabulary: Vocabulary, lists: Lists) -> Iterator[Column]:
    """Yield what a list of objects such as `[{"value": ..., "label": ..., "primary": true}]` holds."""
    rows = [_objects(value) for value in values.dropna().head(SHOWN_LISTS)]
    objects = [one for row in rows for one in row]
    if len(objects) < 3 or not all("value" in one for one in objects):
        return
    for path, test, word in _choices(objects):
        chosen = [next((one["value"] for one in row if test(one)), None) for row in rows]
        series = pd.Series(chosen, dtype=object)
        words = Words(column.words.known + words_of(word, vocabulary).known)
        yield replace(column, words=words, content=content_of(column.name, series, lists), json=path)


def _choices(objects: list[dict[str, object]]) -> Iterator[tuple[str, Test, str]]:
    for flag in ("primary", "is_primary", "default"):
        if all(flag in one for one in objects):
            yield f"$[?{flag}].value", _truth(flag), ""
            break
    else:
        yield "$[0].value", lambda one: True, ""
    for key in ("label", "type", "kind"):
        labels = {str(one[key]) for one in objects if one.get(key)}
        if 1 < len(labels) <= MOST_LABELS and all(label.isalnum() for label in labels):
            for label in sorted(labels):
                yield f"$[?{key}={label}].value", _equals(key, label), label


def _truth(flag: str) -> Test:
    return lambda one: one[flag] is True


def _equals(key: str, label: str) -> Test:
    return lambda one: one.get(key) == label


def _objects(value: str) -> list[dict[str, object]]:
    if not value.startswith("["):
        return []
    try:
        found = json.loads(value)
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)]
