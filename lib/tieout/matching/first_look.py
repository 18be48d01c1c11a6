"""What do local Parquet files say of themselves before Spark has started? Enough to propose a config."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

from tieout.config.matching import MatchingConfig
from tieout.matching.inputs import HEAD, SAMPLE, source_names
from tieout.matching.profile import guess_id, propose

# Of others, Spark writes some values in another way: it is left to do so.
PLAIN = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean, pa.types.is_date32)


def first_look(left: str, right: str | None, entity: str, seed: int = 1) -> MatchingConfig | None:
    """Look at the files and propose a config, as is done through Spark for any other files.

    Returns None unless both are local Parquet files, or folders of nothing else, whose common columns are of plain
    types. Raises SourceError when no column can be compared.
    """
    files = [_dataset(path) for path in (left, right) if path is not None]
    found = [file for file in files if file is not None]
    if len(found) < len(files):
        return None
    shared = [name for name in found[0].schema.names if all(name in file.schema.names for file in found)]
    records = sum(file.count_rows() for file in found)
    if not records or not shared or not all(_is_plain(file.schema, shared) for file in found):
        return None
    head = _texts(found[0].head(HEAD, columns=shared)).to_pandas()
    id_column = guess_id(shared, head)
    sample = _sample(found, source_names(left, right), shared, records, seed).to_pandas()
    return propose(sample, records=records, within=True, id_column=id_column, entity=entity)


def _dataset(path: str) -> ds.Dataset | None:
    place = Path(path)
    files = list(place.iterdir()) if place.is_dir() else [place]
    data = [file for file in files if not file.name.startswith(("_", "."))]
    if not data or any(file.suffix != ".parquet" or not file.is_file() for file in data):
        return None
    try:
        return ds.dataset([str(file) for file in data], format="parquet")
    except (OSError, pa.ArrowException):
        return None  # Spark, which reads it next, says what is wrong


def _is_plain(schema: pa.Schema, names: list[str]) -> bool:
    return all(any(is_plain(schema.field(name).type) for is_plain in PLAIN) for name in names)


def _texts(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))


def _sample(files: list[ds.Dataset], sources: list[str], names: list[str], records: int, seed: int) -> pa.Table:
    """Return a random sample of the records' columns, and their source."""
    draw, share, parts = np.random.default_rng(seed), min(1.0, 1.1 * SAMPLE / records), []
    for file, source in zip(files, sources, strict=True):
        # Read a little at a time: there may be more than fits.
        for batch in file.to_batches(columns=names, batch_readahead=2, fragment_readahead=1):
            chosen = _texts(pa.table(batch.filter(pa.array(draw.random(batch.num_rows) < share))))
            parts.append(chosen.append_column("source", pa.array([source] * chosen.num_rows, pa.string())))
    found = pa.concat_tables(parts)
    kept = np.sort(draw.permutation(found.num_rows)[:SAMPLE])
    return found.take(pa.array(kept))
