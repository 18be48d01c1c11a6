"""What is a literal of a plan as an Arrow scalar?"""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa

from tieout.columnar.tree import Node

TYPES = {
    "string": pa.string(), "int": pa.int32(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(),
    "date": pa.date32(), "timestamp": pa.timestamp("us", tz="UTC"), "void": pa.null(),
}  # fmt: skip
DECIMAL, STRUCT = "decimal(", "struct<"


def type_named(name: str) -> pa.DataType | None:
    """Return Arrow's type for Spark's simple name of one; None for others than are computed with."""
    if name.startswith(DECIMAL):
        precision, scale = name.removeprefix(DECIMAL).removesuffix(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    return TYPES.get(name)


@lru_cache(maxsize=1000)
def flat_type(name: str) -> pa.DataType | None:
    """Return Arrow's type, also of structs of plain types but decimals."""
    if not name.startswith(STRUCT):
        return type_named(name)
    if DECIMAL in name or "<" in name.removeprefix(STRUCT):
        return None
    pairs = [field.partition(":")[::2] for field in name.removeprefix(STRUCT).removesuffix(">").split(",")]
    kinds = [(field, type_named(inner)) for field, inner in pairs]
    return None if any(inner is None for _, inner in kinds) else pa.struct(kinds)


@lru_cache(maxsize=10_000)
def scalar_of(node: Node) -> pa.Scalar | None:
    """Return a literal's value; None where its type is not known."""
    kind = type_named(str(node.type))
    return None if kind is None else pa.scalar(node.value, kind)
