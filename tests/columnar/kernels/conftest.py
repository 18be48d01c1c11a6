"""Texts of all kinds, and a judge of what is made of them here and by Spark."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession

from tieout.columnar.evaluate import Rows
from tieout.columnar.plan import Plan
from tieout.columnar.reasons import reason

from ..conftest import rows_of

LETTERS = [
    *"aBz019 .,-_/()&+'\"@#$%\\^[]{}|<>=:;*?~`\t\n\r\f\0\x0b\x1c\x7f", "  ", "\r\n", *"éßÄøłŘžñÆœŐ", "İ", "ı", "ſ",
    "Σ", "ς", "ΑΣ",
    "\u0345", "ŉ", "ǰ", "ǆ", "ǅ", "e\u0301", "\u0308", "\u200d", *"αΩЖя", "ﬁ", "Ａ", "１", "٣", "东京", "가", "ン",
    "🙂", "𝔄",
    "𐐀", "\U0001e900", "\ufeff", "\uffff", "\u0085", "\u2028", "\u2029", "\u00a0", "\u202f", "\u3000", "\u180e",
    "K", "Å",
    "\u0378", "Ⴀ", "ა", "ᏸ", "Ꭰ", "\u1c80", "ẞ", "ꭰ", "Ɬ", "\u0264", "\ua7dc", "\U00010d50", "½", "Ⅷ", "ⅷ",
    "\u2160", "²",
]  # fmt: skip
ORDINARY = [
    "Müller & Söhne GmbH", "Société Générale d'Électricité S.A.", "Łódzkie Zakłady Przemysłowe Sp. z o.o.",
    "Škoda Auto a.s.", "Bäckerei Groß", "ŽĎAS, a.s.", "Nørrebro Ølbryggeri ApS", "Þórður Íslandsbanki hf.",
    "Ørsted A/S",
    "İstanbul Boğaziçi Ticaret A.Ş.", "Ηλεκτρική Εταιρεία Α.Ε.", "Газпром Нефть", "Ţăndărică S.R.L.",
    "Ġgantija Ltd",
    "123 Main St., Apt 4B", "Königsallee 27", "1º de Maio, 12 – 3ª", "CH-8001 Zürich", "75008 PARIS CEDEX 08",
    "N/A",
    "+49 (0)89 / 123 456-78", "0049-171-5551234", "+33 1 42 68 53 00", "(555) 123-4567 ext. 12",
    "info@müller.example",
    "2024-01-31", "31.12.2023", "2023-12-31T23:59:59.000Z", "12/31/2023", "1.234,56", "1,234.56", "-12.5",
    "12 345", "€ 99,90",
    "DE123456789", "0015f00000AbCdEAAV", "https://www.example.com/?q=ä", "", " ", "-", "null",
    "Straße des 17. Juni 135",
]  # fmt: skip
MOST_SHOWN = 20


def odd_texts(count: int, seed: int = 7) -> list[str | None]:
    """Return random texts of letters that are treated differently by someone."""
    chance = random.Random(seed)
    made = ["".join(chance.choices(LETTERS, k=chance.randrange(9))) for _ in range(count)]
    return [None, "", *LETTERS, *(f"x{letter}1" for letter in LETTERS), *made]


def ordinary_texts(count: int, seed: int = 7) -> list[str | None]:
    """Return texts as European business data has them."""
    chance = random.Random(seed)
    return [None, *ORDINARY, *(" ".join(chance.choices(ORDINARY, k=chance.randrange(1, 4))) for _ in range(count))]


@dataclass(frozen=True)
class Judge:
    """Has expressions computed over columns by Spark and here."""

    spark: SparkSession
    folder: Path

    def check(self, columns: Mapping[str, Any], expressions: Sequence[str], most_doubtful: float = 1.0) -> None:
        """Fail where a value that is not doubtful differs, or where an expression has too many that are."""
        table = pa.table(columns)
        frame, plan, rows = self._read(table, expressions)
        wanted = pa.table(frame.toArrow()).combine_chunks()
        problems: list[str] = []
        for at, sql in enumerate(expressions):
            node = rows.definitions[plan.outputs[f"e{at}"]]
            refused = reason(node, rows.definitions, plan.relation)
            if refused is not None:
                problems.append(f"{sql}: {refused}")
                continue
            mine = Rows(rows._columns, rows.definitions, rows.length)
            problems += self._differences(sql, table, wanted[f"e{at}"], mine.value(node), mine.doubtful)
            share = mine.doubtful.mean()
            if share > most_doubtful:
                shown = table.filter(pa.array(mine.doubtful)).slice(0, 5).to_pylist()
                problems.append(f"{sql}: {share:.2%} are doubtful, as {shown}")
        assert not problems, "\n".join(problems[:MOST_SHOWN]) + f"\n{len(problems)} problems"

    def refusal(self, columns: Mapping[str, Any], sql: str) -> str | None:
        """Return why an expression is not computed here."""
        _, plan, rows = self._read(pa.table(columns), [sql])
        return reason(rows.definitions[plan.outputs["e0"]], rows.definitions, plan.relation)

    def doubtful(self, columns: Mapping[str, Any], sql: str) -> list[bool]:
        """Return which rows of an expression are doubtful, as are those of which Spark would fail."""
        _, plan, rows = self._read(pa.table(columns), [sql])
        rows.value(rows.definitions[plan.outputs["e0"]])
        return [bool(one) for one in rows.doubtful]

    def _read(self, table: pa.Table, expressions: Sequence[str]) -> tuple[DataFrame, Plan, Rows]:
        path = str(self.folder / "rows.parquet")
        parquet.write_table(table, path, row_group_size=len(table))
        frame = self.spark.read.parquet(path).selectExpr(*(f"{sql} AS e{at}" for at, sql in enumerate(expressions)))
        return frame, *rows_of(frame, path)

    def _differences(
        self, sql: str, table: pa.Table, wanted: pa.ChunkedArray, found: pa.Array, doubtful: np.ndarray
    ) -> list[str]:
        found.validate(full=True)
        assert len(found) == len(table)
        spark, here = _comparable(wanted), _comparable(found)
        rows = enumerate(zip(spark, here, doubtful.tolist(), strict=True))
        odd = [at for at, (one, other, unsure) in rows if one != other and not unsure]
        return [f"{sql} of {table.slice(at, 1).to_pylist()}: Spark {spark[at]!r}, here {here[at]!r}" for at in odd[:5]]


def _comparable(values: pa.ChunkedArray | pa.Array) -> list[Any]:
    """Return values that are equal only if they are the same: zeros have signs, dates may be beyond Python's."""
    if pa.types.is_temporal(values.type):
        values = values.cast(pa.int32() if pa.types.is_date(values.type) else pa.int64())
    listed = values.to_pylist()
    return [repr(value) if isinstance(value, float) else value for value in listed]


@pytest.fixture
def judge(spark: SparkSession, tmp_path: Path) -> Judge:
    return Judge(spark, tmp_path)
