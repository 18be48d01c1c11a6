"""Features of a batch of prepared records, whether Spark or pandas brought it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from tieout.config.models.matching import MatchingConfig
from tieout.matching.kinds import KINDS, Kind
from tieout.matching.prepare.columns import ColumnFeatures
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.platform.worker import settle_worker

RECORD_ID, SOURCE = "record_id", "source"
# Texts are often the same where there are at most so many different ones to a value.
OFTEN = 0.3
# Of that many equal texts, one eighth of the values has this share of different ones at most.
PART, SELDOM = 8, 0.85
NO_FREQUENCIES = Frequencies(0, {})


def part_name(column: str, part: str) -> str:
    """Return the name under which one part of a column travels."""
    return f"{column}__{part}" if part else column


def prepared_columns(config: MatchingConfig) -> list[str]:
    """Return the names of all prepared columns."""
    return [part_name(name, part) for name, column in config.columns.items() for part in KINDS[column.kind].parts]


def prepare_table(config: MatchingConfig, table: pa.Table) -> dict[str, pa.Array]:
    """Return the prepared columns of raw records: texts, null for nothing."""
    prepared = {}
    for name, column in config.columns.items():
        kind = KINDS[column.kind]
        values = [table.column(source).combine_chunks() for source in column.source or [name]]
        for part, texts in _prepared(kind, values).items():
            prepared[part_name(name, part)] = texts
    return prepared


def _prepared(kind: Kind, values: list[pa.Array]) -> dict[str, pa.Array]:
    """Return the prepared parts of one column, made once for each text where texts are often the same."""
    encoded = _encoded(values[0]) if len(values) == 1 else None
    if encoded is None:
        return kind.prepare(values)
    return {part: texts.take(encoded.indices) for part, texts in kind.prepare([encoded.dictionary]).items()}


def _encoded(values: pa.Array) -> pa.DictionaryArray | None:
    """Return the texts dictionary-encoded, None unless they are often the same."""
    first = values.slice(0, len(values) // PART)
    if len(first.unique()) > len(first) * SELDOM:
        return None
    encoded = values.dictionary_encode()
    return encoded if 0 < len(encoded.dictionary) <= len(encoded) * OFTEN else None


class Batch:
    """The features of prepared records, by column."""

    def __init__(self, config: MatchingConfig, table: pa.Table, frequencies: Frequencies = NO_FREQUENCIES) -> None:
        self.config = config
        self.rows = table.num_rows
        self.frequencies = frequencies
        self.columns = {name: self._column(name, table) for name in config.columns}

    def _column(self, name: str, table: pa.Table) -> ColumnFeatures:
        parts = KINDS[self.config.columns[name].kind].parts
        texts = {part: _whole(table.column(part_name(name, part))) for part in parts}
        return ColumnFeatures(name, texts, self.frequencies)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def grouped(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Join small Arrow batches into tables of about `rows` rows."""
    settle_worker()
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count >= rows:
            yield pa.Table.from_batches(waiting)
            waiting, count = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)
