"""Where do mapped rows wait that share their key with others? All rows of a key are in files of the same part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from tieout.conform.lane_orders import KEY, Batches, Job, PartFile, Target, Written, edges_of, result
from tieout.delta_files import Field
from tieout.table_file import TableFile
from tieout.worker import settle_worker


def held_file(folder: str, target: Target, label: str) -> TableFile:
    """Return a new file of rows that are held, in a folder of its own: see `Target.held_kinds`."""
    fields = {name: Field(name, name, None, kind) for name, kind in target.held_kinds.items()}
    return TableFile(folder, fields, (), label)


class Parts:
    """A task's files of rows that are held, one a part."""

    def __init__(self, folder: str, target: Target, parts: int, label: str) -> None:
        self._edges = edges_of(parts)
        self._files = [held_file(folder, target, f"{part}-{label}") for part in range(parts)]
        self._rows = [0] * parts

    def add(self, rows: pa.Table) -> None:
        """Write rows, with the columns of `Target.held_kinds`, to their parts; those without a key are in any."""
        keys = rows.column(KEY).fill_null(0).to_numpy()
        places = np.searchsorted(self._edges, keys, side="right")
        for part in np.unique(places).tolist():
            chosen = rows.filter(pa.array(places == part))
            self._files[part].add(chosen)
            self._rows[part] += chosen.num_rows

    def close(self) -> dict[int, PartFile]:
        """End the files; return those that there are, by part."""
        return {
            part: PartFile(str(file.path), rows)
            for part, (file, rows) in enumerate(zip(self._files, self._rows, strict=True))
            if file.close() is not None
        }

    def discard(self) -> None:
        """Remove all files."""
        for file in self._files:
            file.discard()


def parts_writer(folder: str, target: Target, parts: int, label: str) -> Job:
    """Return a function from a task's rows that are held to a batch of RESULT that says where they are."""

    def write(batches: Batches) -> Iterator[pa.RecordBatch]:
        settle_worker()
        files = Parts(folder, target, parts, label)
        for batch in batches:
            files.add(pa.Table.from_batches([batch]))
        yield result(Written(parts=files.close()).to_json())

    return write
