"""Texts come out in NFKC and with single spaces, whether a row takes the short way or the long one."""

from __future__ import annotations

import unicodedata

from pyspark.sql import SparkSession

from tieout.config.lookups import Lookups
from tieout.silver.mapping.builder import ExpressionBuilder
from tieout.silver.mapping.unicode_text import SETTLED

TEXTS = [
    "Müller & Söhne", "Dvořák s.r.o.", "Mu\u0308ller", "ﬁrst  ltd", "Ｔｏｋｙｏ", "a\u00a0b", "Ŀlull", "Straße 5½",
    "株式会社", "Łódź", "Ａ\tＢ", "Ångström",
]  # fmt: skip


def test_texts_are_tidied_as_unicode_says(spark: SparkSession) -> None:
    builder = ExpressionBuilder(Lookups(None))  # type: ignore[arg-type]
    cleaned = builder.let(builder.clean("x"))
    rows = builder.apply(spark.createDataFrame([(text,) for text in TEXTS], "x string")).select("x", cleaned).collect()
    assert [row[1] for row in rows] == [" ".join(unicodedata.normalize("NFKC", row["x"]).split()) for row in rows]


def test_what_the_short_way_lets_pass_is_as_unicode_wants_it() -> None:
    for first, last in zip(SETTLED[::3], SETTLED[2::3], strict=True):
        every = "".join(map(chr, range(ord(first), ord(last) + 1)))
        assert unicodedata.normalize("NFKC", every) == every
