"""What does one task of a local landing do? It reads its splits, and writes their rows to one Parquet file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from tieout.delta_files import DataFile, Field
from tieout.rows import plain_schema
from tieout.sources.bronze_file import bronze_file
from tieout.sources.byte_ranges import ByteRange
from tieout.sources.cut import TooOddError
from tieout.sources.exported import FILE, FILE_HASH, INGESTED_AT, ROW, RUN_ID
from tieout.sources.lines import LINE
from tieout.sources.plain_csv import CsvFile, Parsed, parse_split
from tieout.table_file import arrow_type
from tieout.worker import task_numbers

WRITTEN, ORIGIN = "_written", "_origin"
RESULT = f"{WRITTEN} string, {ORIGIN} bigint, {ROW} bigint, {LINE} binary"
# All that is set aside goes through the driver.
MOST_ASIDE, MOST_BYTES_ASIDE = 2000, 8 * 2**20


@dataclass(frozen=True)
class Origin:
    """A file whose rows are landed, and what its rows say of it."""

    file: CsvFile
    name: str
    hash: str


@dataclass(frozen=True)
class Target:
    """Where rows go: the table's folder and its columns by their names in small letters; and the run.

    `block` is about how many bytes a task holds at a time.
    """

    folder: str
    fields: Mapping[str, Field]
    run_id: str
    at: datetime
    block: int


@dataclass(frozen=True)
class Share:
    """The splits of one task, each with its file's number; the files have the same columns."""

    splits: tuple[tuple[int, ByteRange], ...]


@dataclass(frozen=True)
class Written:
    """What a task wrote: its file, None without rows, and the number of rows by the number of their file."""

    file: DataFile | None
    rows: Mapping[int, int]

    @classmethod
    def from_json(cls, text: str) -> Written:
        """Return what `to_json` made a text of."""
        found = json.loads(text)
        file = None if found["file"] is None else DataFile(**found["file"])
        return cls(file, {int(origin): rows for origin, rows in found["rows"].items()})

    def to_json(self) -> str:
        """Return it as a text."""
        return json.dumps({"file": self.file and asdict(self.file), "rows": dict(self.rows)})


def lander(
    shares: Sequence[Share], origins: Sequence[Origin], target: Target
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return a function from batches of the shares' numbers to batches of RESULT.

    Of each share there is one row that says what was `_written` (null: too many records are not written plainly),
    then one for each record that is to be read in another way.
    """

    def land(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for number in task_numbers(batches):
            yield pa.RecordBatch.from_pylist(_land(shares[number], origins, target), schema=plain_schema(RESULT))

    return land


def _land(share: Share, origins: Sequence[Origin], target: Target) -> list[dict[str, Any]]:
    columns = origins[share.splits[0][0]].file.columns
    written = bronze_file(target.folder, columns, target.fields)
    aside: list[dict[str, Any]] = []
    rows: Counter[int] = Counter()
    size = 0
    try:
        for number, split in share.splits:
            for parsed in parse_split(split, origins[number].file, target.block):
                written.add(_with_origin(parsed, origins[number], target))
                rows[number] += len(parsed.lines)
                size += sum(map(len, parsed.odd))
                aside += [
                    {ORIGIN: number, ROW: row, LINE: line}
                    for row, line in zip(parsed.odd_lines.tolist(), parsed.odd, strict=True)
                ]
                if len(aside) > MOST_ASIDE or size > MOST_BYTES_ASIDE:
                    raise TooOddError
        return [{WRITTEN: Written(written.close(), rows).to_json()}, *aside]
    except TooOddError:
        written.discard()
        return [{WRITTEN: None}]


def _with_origin(parsed: Parsed, origin: Origin, target: Target) -> pa.Table:
    rows = len(parsed.lines)
    first = pa.array(np.zeros(rows, dtype=np.int32))
    table = parsed.table.append_column(ROW, pa.array(parsed.lines))
    for name, text in {FILE: origin.name, FILE_HASH: origin.hash, RUN_ID: target.run_id}.items():
        table = table.append_column(name, pa.DictionaryArray.from_arrays(first, pa.array([text], pa.string())))
    kind = arrow_type(target.fields[INGESTED_AT.lower()].kind)
    return table.append_column(INGESTED_AT, pa.repeat(pa.scalar(target.at, kind), rows))
