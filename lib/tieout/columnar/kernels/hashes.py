"""Which number does Spark's `xxhash64` give several columns?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from tieout.columnar.kernels.call import Call, Kernel, Refusal
from tieout.columnar.kernels.spans import column
from tieout.columnar.tree import Node
from tieout.spark_hash import MOST_DIGITS, then_column

DECIMAL = re.compile(r"decimal\(([0-9]+),")
# The number before the first column is the seed as an unsigned one.
MASK = 2**64 - 1
HASHED = frozenset(("string", "int", "bigint", "double", "boolean", "date", "timestamp", "void"))


def xxhash64(call: Call) -> pa.Array:
    """Return a number for all arguments of a row together; nulls leave it as it is."""
    hashes = np.full(call.rows, int(call.node.value) & MASK, dtype=np.uint64)
    for number in range(len(call.arguments)):
        values = column(call, number)
        if pa.types.is_null(values.type):
            continue
        try:
            hashes = then_column(values, hashes)
        except TypeError:
            call.doubt(values.is_valid())
    return pa.array(hashes.view(np.int64))


def _reason(node: Node) -> str | None:
    for child in node.children:
        digits = DECIMAL.match(child.type or "")
        wide = digits is not None and int(digits[1]) > MOST_DIGITS
        if wide or (child.type and not digits and child.type not in HASHED):
            return f"xxhash64 of {child.type}"
    return None if isinstance(node.value, int) else "xxhash64 without a seed"


KERNELS: Mapping[str, Kernel] = {"XxHash64": xxhash64}
REFUSALS: Mapping[str, Refusal] = {"XxHash64": _reason}
