"""In which row of a small table is a key? As a left join asks, whose right side has each key once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc


class RightSide:
    """Rows with the columns that a join compares, and with others that it adds, by their attributes' numbers."""

    def __init__(self, rows: pa.Table, keys: Sequence[int]) -> None:
        """Take the rows, whose columns are called by their numbers; those without a whole key are never found."""
        names = [str(key) for key in keys]
        whole = rows.combine_chunks()
        for name in names:
            whole = whole.filter(pc.is_valid(whole.column(name)))
        self.rows = whole.combine_chunks()
        self.keys = tuple(keys)

    @cached_property
    def columns(self) -> Mapping[int, pa.Array]:
        """Return the columns by number."""
        return {int(name): _array(self.rows.column(name)) for name in self.rows.column_names}

    def is_unique(self) -> bool:
        """Tell whether no two rows have the same key."""
        return bool(len(pc.unique(self._codes)) == self.rows.num_rows)

    def places_of(self, values: Sequence[pa.Array]) -> pa.Array:
        """Return for each key, given part by part, the number of its row; null where there is none."""
        return pc.index_in(self._coded(values), value_set=self._codes, skip_nulls=True)

    @cached_property
    def _kinds(self) -> list[pa.Array]:
        """Return the values that each part of a key has; of keys of one part nothing, as they need no codes."""
        return [pc.unique(self.columns[key]) for key in self.keys] if len(self.keys) > 1 else []

    @cached_property
    def _codes(self) -> pa.Array:
        return self._coded([self.columns[key] for key in self.keys])

    def _coded(self, values: Sequence[pa.Array]) -> pa.Array:
        """Return one value a key: the only part, or a number that tells all parts; null for what no row has."""
        if len(values) == 1:
            return values[0]
        code = pa.repeat(pa.scalar(0, pa.int64()), len(values[0]))
        for part, kinds in zip(values, self._kinds, strict=True):
            place = pc.index_in(part, value_set=kinds, skip_nulls=True).cast(pa.int64())
            # Beyond 64 bits this fails, for which rows would have to be many more than a right side may have.
            code = pc.add_checked(pc.multiply_checked(code, max(1, len(kinds))), place)
        return code

    def write(self, path: str) -> None:
        """Write it to a file that `read_right_side` reads."""
        marked = self.rows.replace_schema_metadata({"keys": " ".join(map(str, self.keys))})
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, marked.schema) as writer:
            writer.write_table(marked)


def write_right_sides(rights: Sequence[RightSide], folder: Path, label: str = "") -> tuple[str, ...]:
    """Write them to files of a folder, of which `read_right_side` reads each."""
    paths = tuple(str(folder / f"right-{label}{number}.arrow") for number in range(len(rights)))
    for right, path in zip(rights, paths, strict=True):
        right.write(path)
    return paths


@lru_cache(maxsize=32)
def read_right_side(path: str) -> RightSide:
    """Return what was written to a file, which must not change any more."""
    rows = pa.ipc.open_file(pa.memory_map(path)).read_all()
    return RightSide(rows, [int(key) for key in rows.schema.metadata[b"keys"].split()])


def _array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])
