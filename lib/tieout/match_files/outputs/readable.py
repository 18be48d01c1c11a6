"""Matches for people: pairs side by side with what agrees in words, cluster by cluster, and some to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tieout.config.models.matching import MatchingConfig
from tieout.match_files.outputs.level_words import level_words
from tieout.match_files.outputs.results_here import ResultsHere
from tieout.match_files.outputs.results_spark import ResultsOnSpark
from tieout.match_files.outputs.selection import Records, Selection, Some
from tieout.matching.comparing.levels import MISSING, Scheme, schemes
from tieout.matching.inputs import Inputs

# What tells a thing to a person comes first.
FIRST = ("company_name", "person_name", "given_name", "family_name", "text")
EXAMPLES = 12
MATCH, THROUGH = "match", "match, by others of its cluster"
UNSURE, PARTED = "to check: not sure", "to check: alike, but kept in two clusters"


@dataclass(frozen=True)
class Field:
    """One comparison as people read it: its name, its kind, and the columns of the records that it reads."""

    scheme: Scheme
    kind: str
    sources: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the comparison's name."""
        return self.scheme.name


@dataclass(frozen=True)
class Shown:
    """Pairs or records that are shown, and how many there are in all."""

    rows: pd.DataFrame
    total: int


class Readable:
    """What people are shown of the results: at most `most` rows of each kind."""

    def __init__(self, results: ResultsHere | ResultsOnSpark, inputs: Inputs, config: MatchingConfig, most: int):
        self.results, self.inputs, self.config, self.most = results, inputs, config, most
        self.fields = _fields(config)

    @cached_property
    def matches(self) -> Shown:
        """Return the pairs of each cluster, cluster by cluster, the surest first; see `_pairs` for the columns."""
        return self._pairs(self._selected["matches"])

    @cached_property
    def to_check(self) -> Shown:
        """Return the pairs that are no match and that a person should look at, the surest first."""
        return self._pairs(self._selected["to_check"])

    @cached_property
    def clusters(self) -> Shown:
        """Return the records of clusters of two and more: cluster, size, file, id, confidence, and the columns."""
        return self._records(self._members["clusters"])

    @cached_property
    def unmatched(self) -> Shown:
        """Return the records that nothing was matched with, in the columns of `clusters`."""
        return self._records(self._members["unmatched"])

    def examples(self) -> dict[str, pd.DataFrame]:
        """Return the surest and the least sure accepted pairs, and of the others those nearest the threshold."""
        return {name: self._pairs(self._selected[name]).rows for name in ("best", "doubtful", "worst")}

    @cached_property
    def _selected(self) -> dict[str, Some]:
        found, most = self.config.thresholds, self.most
        wanted = {
            "matches": Selection("cluster", most, linked=True),
            "to_check": Selection("surest", most, linked=False, least=found.review),
            "best": Selection("surest", EXAMPLES, linked=True, least=found.accept),
            "doubtful": Selection("nearest", EXAMPLES, linked=False, least=found.keep, near=found.accept),
            "worst": Selection("least sure", EXAMPLES, linked=True, least=found.accept),
        }
        return {name: self.results.pairs_of(one) for name, one in wanted.items()}

    @cached_property
    def _members(self) -> dict[str, Some]:
        return {
            name: self.results.records_of(Records(linked, self.most))
            for name, linked in (("clusters", True), ("unmatched", False))
        }

    @cached_property
    def _raw(self) -> pd.DataFrame:
        """Return all records that are shown as their files have them, by record_id: the files are read once."""
        names = list(dict.fromkeys(name for field in self.fields for name in field.sources))
        shown = [some.rows[end] for some in self._selected.values() for end in ("id_l", "id_r")]
        shown += [some.rows["record_id"] for some in self._members.values()]
        ids = np.unique(pd.concat(shown).to_numpy(dtype=np.int64))
        found = self.inputs.some(ids, names).to_pandas().astype(object)
        found = found.where(found.notna(), None)
        indexed: pd.DataFrame = found.drop_duplicates("record_id").set_index("record_id")
        return indexed

    def _pairs(self, some: Some) -> Shown:
        """Add both records' values and the levels in words.

        Columns: cluster, match_probability, decision, left_file, left_id, right_file, right_id, and for each field
        left_<field>, right_<field>, <field>_level (words) and <field>_agrees (1 same, 0.5 in part, 0 not, NaN missing).
        """
        pairs = some.rows.reset_index(drop=True)
        left, right = (self._raw.reindex(pairs[name]).reset_index(drop=True) for name in ("id_l", "id_r"))
        left, right = _ordered(left, right, self.inputs.sources)
        found: dict[str, Any] = {
            "cluster": pairs["cluster"],
            "match_probability": pairs["match_probability"],
            "decision": [
                _decision(cluster, chance, self.config.thresholds.accept)
                for cluster, chance in zip(pairs["cluster"], pairs["match_probability"], strict=True)
            ],
            "left_file": left["source"],
            "left_id": left["_id"],
            "right_file": right["source"],
            "right_id": right["_id"],
        }
        for field in self.fields:
            found |= _compared(field, pairs[f"gamma_{field.name}"], left, right)
        return Shown(pd.DataFrame(found), some.total)

    def _records(self, some: Some) -> Shown:
        rows = some.rows.reset_index(drop=True)
        records = self._raw.reindex(rows["record_id"]).reset_index(drop=True)
        names = list(dict.fromkeys(name for field in self.fields for name in field.sources))
        plain = rows[["cluster", "size", "source", "id", "confidence"]].rename(columns={"source": "file"})
        return Shown(pd.concat([plain, records[names].add_prefix("value_")], axis=1), some.total)


def _fields(config: MatchingConfig) -> list[Field]:
    """Return the comparisons, names first; of several of one column, each."""
    found = []
    for scheme in schemes(config):
        column = config.columns[scheme.column]
        found.append(Field(scheme, column.kind, tuple(column.source or [scheme.column])))
    return sorted(found, key=lambda field: field.kind not in FIRST)


def _ordered(left: pd.DataFrame, right: pd.DataFrame, sources: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both sides so that a record of the first file is at the left."""
    place = {source: number for number, source in enumerate(sources)}
    swapped = (left["source"].map(place) > right["source"].map(place)).to_numpy()
    one, other = left.copy(), right.copy()
    one.loc[swapped], other.loc[swapped] = right.loc[swapped], left.loc[swapped]
    return one, other


def _decision(cluster: int, chance: float, accept: float) -> str:
    if cluster:
        return MATCH if chance >= accept else THROUGH
    return PARTED if chance >= accept else UNSURE


def _compared(field: Field, levels: pd.Series, left: pd.DataFrame, right: pd.DataFrame) -> dict[str, list[Any]]:
    """Return both values of a field, the level in words, and how much they agree."""
    ones, others = (_values(side, field.sources) for side in (left, right))
    labels = {level: field.scheme.label(int(level)) for level in levels.unique()}
    words = [
        level_words(labels[level], field.kind, one, other)
        for level, one, other in zip(levels, ones, others, strict=True)
    ]
    top = len(field.scheme.levels)
    agrees = [np.nan if level == MISSING else 0.0 if level == 0 else 1.0 if level == top else 0.5 for level in levels]
    return {
        f"left_{field.name}": ones,
        f"right_{field.name}": others,
        f"{field.name}_level": words,
        f"{field.name}_agrees": agrees,
    }


def _values(side: pd.DataFrame, sources: Sequence[str]) -> list[str | None]:
    if len(sources) == 1:
        return list(side[sources[0]])
    joined = (" / ".join(str(value) for value in row if value) for row in side[list(sources)].itertuples(index=False))
    return [text or None for text in joined]
