"""Texts are like a pattern of SQL here where they are in Spark."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tieout.columnar.kernels.likes import REFUSALS
from tieout.columnar.tree import LITERAL, Node
from tieout.sql import literal

from .conftest import Judge, odd_texts, ordinary_texts

PATTERNS = (
    "", "%", "_", "__", "%%", "x%", "%1", "%é%", "x1", "_x%", "x_1", "%x_1%", "%.%", "é_", "x%1", "^x", "a|B", "(%",
    "[%", "% ", "%\n", "OPP-%", "Closed Lost%", "%GmbH", "%S_hn%", "%1234%", "D_123456789", "%@%.%", "ß%", "%ß", "K_",
)  # fmt: skip
ESCAPED = (("x\\%", "\\"), ("\\_%", "\\"), ("\\\\%", "\\"), ("x!_!!%", "!"), ("%%", "%"), ("%_a", "%"), ("__x_%", "_"))


def expressions() -> list[str]:
    plain = [f"t LIKE {literal(pattern)}" for pattern in PATTERNS]
    escaped = [f"t LIKE {literal(pattern)} ESCAPE {literal(escape)}" for pattern, escape in ESCAPED]
    return [*plain, *escaped, "t NOT LIKE 'x%'", "t LIKE NULL", "'x1' LIKE 'x_'", "t LIKE 'x\\\\_%'"]


def test_texts(judge: Judge) -> None:
    like = [pattern + end for pattern in (*PATTERNS, *(pattern for pattern, _ in ESCAPED)) for end in ("", "z", "\n")]
    texts = [*like, *odd_texts(2000), *ordinary_texts(500)]
    judge.check({"t": pa.array(texts, pa.string())}, expressions(), most_doubtful=0)


def test_nothing(judge: Judge) -> None:
    for texts in ([None], [""], ["", None, ""]):
        judge.check({"t": pa.array(texts * 3, pa.string())}, expressions(), most_doubtful=0)


def test_a_pattern_of_a_column_is_refused(judge: Judge) -> None:
    assert judge.refusal({"t": ["a"], "u": ["a%"]}, "t LIKE u") == "Like with a pattern that is not constant"


@pytest.mark.parametrize("pattern", ["a\\b", "a\\", "🙂%", "x" * 300])
def test_what_is_not_surely_known_is_refused(pattern: str) -> None:
    node = Node("Like", (Node("Attribute"), Node(LITERAL, type="string", value=pattern)), value="\\")
    assert REFUSALS["Like"](node) is not None
