"""Matches for people: pairs side by side with what agrees in words, cluster by cluster, and some to look at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tieout.config.models.matching import MatchingConfig
from tieout.match_files.outputs.level_words import level_words
from tieout.match_files.outputs.results import Results
from tieout.match_files.outputs.selection import Records, Selection
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


@dataclass(frozen=True)
class Readable:
    """What people are shown of the results: at most so many rows of each kind.

    `matches` and `to_check` are pairs (see `_pairs` for the columns): those of each cluster, cluster by cluster, the
    surest first, and those that are no match and that a person should look at. `clusters` and `unmatched` are records:
    cluster, size, file, id, confidence, and the columns. `examples` are the surest and the least sure accepted pairs,
    and of the others those nearest the threshold.
    """

    fields: list[Field]
    matches: Shown
    to_check: Shown
    clusters: Shown
    unmatched: Shown
    examples: dict[str, pd.DataFrame]


def readable(
    results: Results, inputs: Inputs, config: MatchingConfig, totals: Mapping[str, int], most: int
) -> Readable:
    """Return what is shown of the results; `totals` are the numbers of all matches, to_check, clusters, unmatched.

    Runs three Spark jobs.
    """
    fields = _fields(config)
    pairs = results.pairs_of(_selections(config, most))
    records = results.records_of({name: Records(name == "clusters", most) for name in ("clusters", "unmatched")})
    raw = _raw(inputs, fields, pairs, records)
    shown = {name: _pairs(rows, raw, inputs.sources, fields, config) for name, rows in pairs.items()}
    shown |= {name: _records(rows, raw, fields) for name, rows in records.items()}
    listed = {name: Shown(shown.pop(name), total) for name, total in totals.items()}
    return Readable(fields, **listed, examples=shown)


def _selections(config: MatchingConfig, most: int) -> dict[str, Selection]:
    found = config.thresholds
    return {
        "matches": Selection("cluster", most, linked=True),
        "to_check": Selection("surest", most, linked=False, least=found.review),
        "best": Selection("surest", EXAMPLES, linked=True, least=found.accept),
        "doubtful": Selection("nearest", EXAMPLES, linked=False, least=found.keep, near=found.accept),
        "worst": Selection("least sure", EXAMPLES, linked=True, least=found.accept),
    }


def _raw(
    inputs: Inputs, fields: Sequence[Field], pairs: Mapping[str, pd.DataFrame], records: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return all records that are shown as their files have them, by record_id: the files are read once."""
    names = list(dict.fromkeys(name for field in fields for name in field.sources))
    shown = [rows[end] for rows in pairs.values() for end in ("id_l", "id_r")]
    shown += [rows["record_id"] for rows in records.values()]
    ids = np.unique(pd.concat(shown).to_numpy(dtype=np.int64))
    found = inputs.some(ids, names).to_pandas().astype(object)
    found = found.where(found.notna(), None)
    indexed: pd.DataFrame = found.drop_duplicates("record_id").set_index("record_id")
    return indexed


def _pairs(
    pairs: pd.DataFrame, raw: pd.DataFrame, sources: Sequence[str], fields: Sequence[Field], config: MatchingConfig
) -> pd.DataFrame:
    """Add both records' values and the levels in words.

    Columns: cluster, match_probability, decision, left_file, left_id, right_file, right_id, and for each field
    left_<field>, right_<field>, <field>_level (words) and <field>_agrees (1 same, 0.5 in part, 0 not, NaN missing).
    """
    left, right = (raw.reindex(pairs[name]).reset_index(drop=True) for name in ("id_l", "id_r"))
    left, right = _ordered(left, right, sources)
    found: dict[str, Any] = {
        "cluster": pairs["cluster"],
        "match_probability": pairs["match_probability"],
        "decision": [
            _decision(cluster, chance, config.thresholds.accept)
            for cluster, chance in zip(pairs["cluster"], pairs["match_probability"], strict=True)
        ],
        "left_file": left["source"],
        "left_id": left["_id"],
        "right_file": right["source"],
        "right_id": right["_id"],
    }
    for field in fields:
        found |= _compared(field, pairs[f"gamma_{field.name}"], left, right)
    return pd.DataFrame(found)


def _records(rows: pd.DataFrame, raw: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    records = raw.reindex(rows["record_id"]).reset_index(drop=True)
    names = list(dict.fromkeys(name for field in fields for name in field.sources))
    plain = rows[["cluster", "size", "source", "_id", "confidence"]].rename(columns={"source": "file", "_id": "id"})
    return pd.concat([plain, records[names].add_prefix("value_")], axis=1)


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
