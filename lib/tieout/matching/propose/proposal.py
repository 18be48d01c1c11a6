"""A proposed config for records: columns by kind, comparisons and candidate blocking rules."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from tieout.config.models.matching import BlockingRule, Column, Comparison, Limits, MatchingConfig
from tieout.errors import SourceError
from tieout.matching.kinds import KINDS
from tieout.matching.prepare.batch import Batch, prepare_table
from tieout.matching.prepare.frequency_sketch import Frequencies, add, compress, table_bits
from tieout.matching.propose.facts import Facts, facts_of, spelled
from tieout.matching.propose.guess import is_identifier_of_record, kind_of
from tieout.matching.propose.redundant import redundant_columns
from tieout.matching.propose.rules import propose_rules


def propose(
    sample: pd.DataFrame,
    *,
    records: int,
    within: bool,
    id_column: str | None = None,
    entity: str = "record",
    kinds: Mapping[str, str] | None = None,
) -> MatchingConfig:
    """Propose a config for records of which `sample` is a random sample.

    `sample` has `source` and the attribute columns as text; `records` is the number of all records, `kinds` the
    kinds of columns that are known already. Raises SourceError when no column can be compared.
    """
    facts = [facts_of(name, sample[name]) for name in sample.columns if name not in {"source", "record_id", id_column}]
    given = kinds or {}
    kinds = {fact.name: kind for fact in facts if (kind := _kind(fact, given.get(fact.name))) is not None}
    if not kinds:
        found = ", ".join(fact.name for fact in facts) or "none"
        raise SourceError(f"No column can be compared (found {found}); say what they are in a config file")
    for name in redundant_columns(sample, kinds):
        del kinds[name]
    columns = _columns(kinds)
    comparisons = _comparisons(columns, {fact.name: fact for fact in facts}, sample)
    draft = MatchingConfig(
        entity=entity,
        id=id_column,
        columns=columns,
        blocking_rules=[BlockingRule(keys=[next(iter(columns))])],
        comparisons=comparisons,
        limits=Limits(pairs_per_record=float(np.clip(2e7 / records, 12, 200))),
    )
    batch = _sample_batch(draft, sample)
    sources = pd.factorize(sample["source"])[0].astype(np.int64)
    most = float(np.clip(5e5 / records, 1.5, 30))
    rules = propose_rules(batch, sources, within, records, most)
    return draft.model_copy(update={"blocking_rules": rules or draft.blocking_rules})


def guess_id(columns: list[str], sample: pd.DataFrame) -> str | None:
    """Return the column that names each record: unique, always filled, and called like an id."""
    facts = [facts_of(name, sample[name]) for name in columns]
    return next((fact.name for fact in facts if is_identifier_of_record(fact)), None)


def _kind(fact: Facts, given: str | None) -> str | None:
    kind = kind_of(fact)
    # A column that says nothing stays out, whatever it was taken for.
    kind = given if kind is not None and given is not None else kind
    # An identifier that never occurs twice names the row, not the thing.
    if kind == "identifier" and fact.unique == 1.0 and fact.filled == 1.0:
        return None
    return kind


def _columns(kinds: dict[str, str]) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for name, kind in kinds.items():
        plain = spelled(name) or f"column_{len(columns) + 1}"
        source = [] if plain == name else [name]
        columns[plain] = Column.model_validate({"kind": kind, "from": source})
    return columns


def _comparisons(columns: dict[str, Column], facts: dict[str, Facts], sample: pd.DataFrame) -> list[Comparison]:
    found = []
    given = [name for name, column in columns.items() if column.kind == "given_name"]
    family = [name for name, column in columns.items() if column.kind == "family_name"]
    for name, column in columns.items():
        partner = {"given_name": family, "family_name": given}.get(column.kind, [])
        others = partner if len(given) == len(family) == 1 else []
        found.append(Comparison(name=_safe(name), columns=[name, *others]))
        if column.kind == "text" and _coded(sample[(column.source or [name])[0]]):
            found.append(Comparison(name=f"{_safe(name)}_codes", columns=[name], levels=["codes"]))
    return found


def _safe(name: str) -> str:
    return name if name[0].isalpha() else f"column_{name}"


def _coded(values: pd.Series) -> bool:
    """Tell whether many texts mention codes, such as model numbers."""
    texts = pa.array([None if pd.isna(value) else str(value) for value in values.head(2000)], pa.string())
    codes = KINDS["text"].prepare([texts])["codes"]
    return bool(len(codes) - codes.null_count > 0.3 * max(len(texts) - texts.null_count, 1))


def _sample_batch(config: MatchingConfig, sample: pd.DataFrame) -> Batch:
    texts = {
        source: pa.array([None if pd.isna(value) else str(value) for value in sample[source]], pa.string())
        for name, column in config.columns.items()
        for source in column.source or [name]
    }
    prepared = pa.table(prepare_table(config, pa.table(texts)))
    return Batch(config, prepared, local_frequencies(config, prepared))


def local_frequencies(config: MatchingConfig, prepared: pa.Table) -> Frequencies:
    """Return how common values are among prepared records that are all here."""
    batch, tables = Batch(config, prepared), {}
    bits = table_bits(prepared.num_rows)
    for name, column in batch.columns.items():
        for counted, hashes in KINDS[config.columns[name].kind].counted(column).items():
            counts = np.zeros(1 << bits, dtype=np.int64)
            add(counts, hashes)
            tables[f"{name}.{counted}"] = compress(counts)
    return Frequencies(prepared.num_rows, tables)
