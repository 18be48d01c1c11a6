"""A record has one number, whether Spark or Python names it."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout.platform.spark_hash import xxhash64

WORDS = ["", "a", "abc", "0015f00000AbCdE", "ä€𝄞", "seven b", "eight by", "nine byte", "x" * 31, "y" * 32, "z" * 131]


def test_a_record_has_the_number_that_spark_gives_it(spark: SparkSession) -> None:
    rows = [("crm", word) for word in WORDS] + [
        ("a source with a long name, of more than one stripe", "7"),
        ("erp", None),
    ]
    frame = spark.createDataFrame(rows, "source string, id string")
    expected = [row[0] for row in frame.select(F.xxhash64("source", "id")).collect()]
    found = xxhash64(*(pa.array(column, pa.string()) for column in zip(*rows, strict=True)))
    assert found.tolist() == expected


def test_slices_are_read_at_their_place() -> None:
    words = pa.array(WORDS, pa.string())
    assert xxhash64(words.slice(3, 5)).tolist() == xxhash64(words).tolist()[3:8]


def test_a_first_column_of_few_values_has_the_same_numbers() -> None:
    few = pa.array(["a", None, "b", "a", "b" * 40, None])
    numbers = pa.array([1, 2, None, 4, 2**40, None])
    assert xxhash64(few.dictionary_encode(), numbers).tolist() == xxhash64(few, numbers).tolist()
    assert xxhash64(few.dictionary_encode().slice(1, 3)).tolist() == xxhash64(few.slice(1, 3)).tolist()
    assert xxhash64(pa.array([None], pa.dictionary(pa.int8(), pa.string()))).tolist() == [42]
