"""Columns without a single sign, as exports have of fields that nobody fills in, are computed as in Spark."""

from __future__ import annotations

import pyarrow as pa
import pytest

from .conftest import Judge

OF_TEXTS = [
    *(
        f"{cast}(t AS {kind})"
        for cast in ("try_cast", "CAST")
        for kind in ("INT", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "DATE", "TIMESTAMP", "BOOLEAN")
    ),
    "trim(t)", "ltrim(t)", "rtrim(t)", "lower(t)", "upper(t)", "initcap(t)", "length(t)", "octet_length(t)",
    "concat(t, '!')", "concat_ws('-', t, 'a')", "replace(t, 'a', 'b')", "translate(t, 'ab', 'x')", "contains(t, 'a')",
    "startswith(t, 'a')", "endswith(t, t)", "t LIKE 'a%'", "t LIKE ''", "rlike(t, '^[a-z]+$')", "rlike(t, '^$')",
    "regexp_replace(t, '[^0-9]', '')", "regexp_extract(t, '([a-z]+)', 1)",
    "substring(t, 2, 3)", "left(t, 2)", "substring_index(t, '/', 1)", "xxhash64(t)", "xxhash64('a', t)", "isnull(t)",
    "coalesce(t, 'a')", "t = ''", "t IN ('', 'a')", "CASE WHEN t = '' THEN 'empty' ELSE t END", "to_json(struct(t))",
    "get_json_object(t, '$.a')", "try_cast(get_json_object(t, '$.a') AS INT)", "if(t < 'a', t, upper(t))",
]  # fmt: skip


@pytest.mark.parametrize("texts", [[None] * 5, ["", None, ""], [""] * 3], ids=["null", "both", "empty"])
def test_texts_without_a_sign(judge: Judge, texts: list[str | None]) -> None:
    judge.check({"t": pa.array(texts, pa.string()), "u": pa.array(["a"] * len(texts))}, OF_TEXTS)
