"""The text values of a mapped object: which normalisers each goes through, run on Arrow columns.

Each distinct text of a batch is read once: a column is encoded as a dictionary, and normalisers work on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.functions import arrow_udf  # type: ignore[attr-defined]

from tieout.values.base import Read, Text

COLUMN = "_texts"


@dataclass(frozen=True)
class Step:
    """One step of a text: a normaliser, which may read the text with number `country`, or what stands for nothing."""

    read: Read | None = None
    country: int | None = None
    default: str | None = None


@dataclass
class TextPlan:
    """Texts by number, each from an input column through steps; one may read the country of an earlier one."""

    inputs: list[str] = field(default_factory=list)
    texts: list[tuple[int, tuple[Step, ...]]] = field(default_factory=list)
    _known: dict[Any, int] = field(default_factory=dict)

    def add(self, sql: str, steps: Sequence[tuple[Any, Step]]) -> int:
        """Add the text of a SQL value, after steps with keys that tell them apart; return its number."""
        key = sql, *(repr(one) for one, _ in steps)
        if key not in self._known:
            if sql not in self.inputs:
                self.inputs.append(sql)
            self._known[key] = len(self.texts)
            self.texts.append((self.inputs.index(sql), tuple(step for _, step in steps)))
        return self._known[key]

    def apply(self, frame: DataFrame) -> DataFrame:
        """Add the struct `_texts` with the fields `t0`, `t1` ... to a frame that has the inputs' columns."""
        if not self.texts:
            return frame
        texts = tuple(self.texts)

        def read(*columns: pa.Array) -> pa.Array:
            return read_texts(texts, columns)

        schema = "struct<" + ",".join(f"t{number}:string" for number in range(len(self.texts))) + ">"
        values = arrow_udf(read, schema)
        return frame.withColumn(COLUMN, values(*[F.expr(sql) for sql in self.inputs]))


def text_sql(number: int) -> str:
    """Return SQL of a text of the plan."""
    return f"{COLUMN}.t{number}"


def read_texts(texts: Sequence[tuple[int, tuple[Step, ...]]], columns: Sequence[pa.Array]) -> pa.Array:
    """Return a struct of the plan's texts from its input columns; this is what Spark's workers run."""
    encoded: dict[int, Distinct] = {}
    found: list[Distinct] = []
    for source, steps in texts:
        if source not in encoded:
            encoded[source] = Distinct.of(columns[source])
        value = encoded[source]
        for step in steps:
            value = value.after(step, found)
        found.append(value)
    return pa.StructArray.from_arrays([one.array() for one in found], [f"t{n}" for n in range(len(found))])


@dataclass(frozen=True)
class Distinct:
    """A column as its distinct values and each row's place among them, the last of which is nothing."""

    values: list[Text]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, column: pa.Array) -> Distinct:
        """Encode an Arrow column of texts."""
        encoded = column.dictionary_encode()
        values = encoded.dictionary.to_pylist()
        return cls([*values, None], pc.fill_null(encoded.indices, len(values)).to_numpy().astype(np.int64))

    def after(self, step: Step, before: Sequence[Distinct]) -> Distinct:
        """Return the column after one step."""
        if step.read is None:
            return Distinct([step.default if value is None else value for value in self.values], self.places)
        read = step.read.function
        if not step.read.by_country:
            return Distinct([None if value is None else read(value) for value in self.values], self.places)
        if step.country is None:
            return Distinct([None if value is None else read(value, None) for value in self.values], self.places)
        country = before[step.country]
        pairs, places = np.unique(self.places * len(country.values) + country.places, return_inverse=True)
        texts, countries = np.divmod(pairs, len(country.values))
        met = zip(texts.tolist(), countries.tolist(), strict=True)
        values = [
            None if self.values[text] is None else read(self.values[text], country.values[place]) for text, place in met
        ]
        return Distinct([*values, None], places.astype(np.int64))

    def array(self) -> pa.Array:
        """Return the column as Arrow's."""
        return pa.array(self.values, pa.string()).take(pa.array(self.places))
