"""What is a Parquet file of a bronze table like?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tieout.delta_files import Field
from tieout.sources.exported import CORRUPT, FILE, FILE_HASH, INGESTED_AT, REASON, ROW, RUN_ID
from tieout.table_file import TableFile

# What all rows of a file have in common.
REPEATED = (FILE, FILE_HASH, RUN_ID)
STATISTICS = (FILE, ROW, FILE_HASH, RUN_ID)


def bronze_file(folder: str, columns: Sequence[str], fields: Mapping[str, Field]) -> TableFile:
    """Return a new file in a table's folder for rows with these exported columns.

    `fields` are the table's columns by their names in small letters.
    """
    names = [*columns, FILE, ROW, FILE_HASH, RUN_ID, INGESTED_AT, CORRUPT, REASON]
    return TableFile(folder, {name: fields[name.lower()] for name in names}, STATISTICS, repeated=REPEATED)
