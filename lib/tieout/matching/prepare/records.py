"""Records made comparable: every text normalised, as packed Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.models.matching import MatchingConfig
from tieout.matching.prepare.batch import RECORD_ID, SOURCE, grouped, prepare_table, prepared_columns
from tieout.matching.prepare.packed import PACKED, packed, tables
from tieout.platform.sql import quoted

ROWS_AT_ONCE = 100_000


def prepare(records: DataFrame, config: MatchingConfig) -> DataFrame:
    """Return prepared records, packed (see `packed`).

    Needs record_id bigint, source string and the config's source columns (any type). The tables have
    record_id, source and the prepared texts.
    """
    needed = sorted({source for name, column in config.columns.items() for source in column.source or [name]})
    columns = prepared_columns(config)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in grouped(batches, ROWS_AT_ONCE):
            prepared = prepare_table(config, table)
            ids = {name: table.column(name) for name in (RECORD_ID, SOURCE)}
            yield packed([pa.table(ids | {name: prepared[name] for name in columns})])

    texts = [F.col(quoted(name)).cast("string").alias(name) for name in needed]
    chosen = records.select(F.col(RECORD_ID).cast("bigint"), F.col(SOURCE).cast("string"), *texts)
    return chosen.mapInArrow(run, PACKED)


def sizes(prepared: DataFrame) -> dict[str, int]:
    """Count prepared records by source. Runs one Spark job."""

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in tables(batches):
            counted = table.column(SOURCE).value_counts()
            arrays = [counted.field("values"), counted.field("counts")]
            yield pa.RecordBatch.from_arrays(arrays, names=[SOURCE, "records"])

    # Bounded: a row a source and packed table.
    found = prepared.mapInArrow(count, f"{SOURCE} string, records bigint").toArrow()
    sums = found.group_by(SOURCE).aggregate([("records", "sum")])
    return {row[SOURCE]: row["records_sum"] for row in sums.to_pylist()}
