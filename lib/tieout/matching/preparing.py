"""How are records made comparable? Every text normalised, as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.matching import MatchingConfig
from tieout.matching.batch import RECORD_ID, SOURCE, grouped, prepare_table, prepared_columns

ROWS_AT_ONCE = 100_000


def prepare(records: DataFrame, config: MatchingConfig) -> DataFrame:
    """Return prepared records.

    Needs record_id bigint, source string and the config's source columns (any type). Returns
    record_id, source and the prepared texts.
    """
    needed = sorted({source for name, column in config.columns.items() for source in column.source or [name]})
    columns = prepared_columns(config)
    schema = f"{RECORD_ID} bigint, {SOURCE} string, " + ", ".join(f"`{name}` string" for name in columns)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in grouped(batches, ROWS_AT_ONCE):
            prepared = prepare_table(config, table)
            ids = [table.column(RECORD_ID).combine_chunks(), table.column(SOURCE).combine_chunks()]
            arrays = [*ids, *(prepared[name] for name in columns)]
            yield pa.RecordBatch.from_arrays(arrays, names=[RECORD_ID, SOURCE, *columns])

    texts = [F.col(f"`{name}`").cast("string").alias(name) for name in needed]
    chosen = records.select(F.col(RECORD_ID).cast("bigint"), F.col(SOURCE).cast("string"), *texts)
    return chosen.mapInArrow(run, schema)
