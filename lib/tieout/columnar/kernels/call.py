"""What is a function given, and how does it say that it is not sure?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tieout.columnar.tree import Node


@dataclass(frozen=True)
class Call:
    """One call of a function: its node, its arguments and the number of rows.

    An argument is an array of `rows` values, or a scalar where it is the same for all rows. `doubt` takes a boolean
    array, of which null is false: the rows where Spark may find something else, or an error; Spark is asked about them.
    """

    node: Node
    arguments: Sequence[pa.Array | pa.Scalar]
    rows: int
    doubt: Callable[[pa.Array], None]


# A function returns an array of `rows` values.
Kernel = Callable[[Call], pa.Array]
# Tells why a node cannot be computed here, by what is known before any row is; None if it can.
Refusal = Callable[[Node], str | None]


def full(value: pa.Array | pa.Scalar, rows: int) -> pa.Array:
    """Return an argument as an array."""
    return pa.repeat(value, rows) if isinstance(value, pa.Scalar) else value
