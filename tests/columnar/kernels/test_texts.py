"""Plain functions of texts do what Spark's do, and ordinary texts are hardly ever doubtful."""

from __future__ import annotations

import pyarrow as pa

from tieout.columnar.kernels.texts import REFUSALS
from tieout.columnar.tree import Node

from .conftest import Judge, odd_texts, ordinary_texts

PLAIN = (
    "trim(t)", "ltrim(t)", "rtrim(t)", "trim(BOTH '.' FROM t)", "trim(LEADING '-é ' FROM t)",
    "trim(TRAILING '.,;' FROM t)",
    "trim(BOTH '\\t\\n ' FROM t)", "length(t)", "char_length(t)", "octet_length(t)", "lower(t)", "upper(t)",
    "initcap(t)", "initcap(replace(t, '_', ' '))", "initcap('COMPUTER sOFTWARE')",
    "contains(t, '-')", "contains(t, 'é')", "contains(t, '')", "contains(t, '  ')",
    "startswith(t, '-')", "startswith(t, 'x1')", "endswith(t, '1')", "endswith(t, 'é1')", "endswith(t, '')",
    "startswith(t, u)", "endswith(t, u)",
    "concat(t, u)", "concat('-', t, '+')", "concat(t, NULL)", "concat_ws(', ', t, u, t)", "concat_ws('', t)",
    "concat_ws('·', 'a', t, NULL, u)", "replace(t, '-', '')", "replace(t, 'é', 'e')", "replace(t, 'x', 'yy')",
    "replace(t, '  ', ' ')", "replace(t, '')", "translate(t, 'aB-', 'Ab')", "translate(t, 'éß', 'es')",
    "translate(t, 'aé1', 'öe')", "translate(t, '.,', '')", "translate(t, ' \\t', '_')", "translate(t, 'aa', 'xy')",
    "translate(t, '🙂Σ', 'ab')", "translate(t, '()-', '')", "translate(t, 'a', '🙂')",
)  # fmt: skip
PARTS = (
    "substring(t, 1, 3)", "substring(t, 2)", "substring(t, 0, 2)", "substring(t, -2)", "substring(t, -3, 2)",
    "substring(t, -9, 3)", "substring(t, 5, 0)", "substring(t, 2, -1)", "left(t, 2)", "left(t, n)",
    "substring(t, n, 2)", "substring(t, 2, n)", "substring(t, length(t) + n)", "substring(t, n)",
    "substring_index(t, ' ', 1)", "substring_index(t, ' ', -1)", "substring_index(t, '-', 2)",
    "substring_index(t, 'é', -2)",
    "substring_index(t, '  ', 1)", "substring_index(t, '  ', -1)", "substring_index(t, '', 1)",
    "substring_index(t, 'x', 0)",
    "lpad(t, 4, '0')", "rpad(t, 4, ' ')", "lpad(t, 0, 'x')", "lpad(t, n, 'é')", "rpad(t, 3, '')",
    "lpad(t, -1, '0')",
)  # fmt: skip


def columns(texts: list[str | None]) -> dict[str, pa.Array]:
    return {
        "t": pa.array(texts, pa.string()),
        "u": pa.array(
            [None if at % 5 == 0 else text and text[:2] for at, text in enumerate(reversed(texts))], pa.string()
        ),
        "n": pa.array([None if at % 7 == 0 else at % 9 - 4 for at in range(len(texts))], pa.int32()),
    }


def test_odd_texts(judge: Judge) -> None:
    judge.check(columns(odd_texts(3000)), PLAIN + PARTS)


def test_ordinary_texts_are_not_doubtful(judge: Judge) -> None:
    judge.check(columns(ordinary_texts(3000)), PLAIN + PARTS, most_doubtful=0.0005)


def test_nothing(judge: Judge) -> None:
    """Batches without rows, of nulls only and of empty texts only have all that others have."""
    for texts in ([None], [""], ["", None, ""]):
        judge.check(columns(texts * 3), PLAIN + PARTS, most_doubtful=0)


def test_what_the_optimizer_changes_is_refused() -> None:
    assert REFUSALS["Upper"](Node("Upper", (Node("Lower", (Node("AttributeReference"),)),))) is not None
