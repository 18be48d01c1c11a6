"""JSON of structs is what Spark writes."""

from __future__ import annotations

import pyarrow as pa

from .conftest import Judge, odd_texts


def test_json(judge: Judge) -> None:
    texts = odd_texts(2000)
    columns = {
        "t": pa.array(texts, pa.string()),
        "u": pa.array([None, *texts[:-1]], pa.string()),
        "na\"me, \\ 'x'": pa.array([text and f",{text}," for text in reversed(texts)], pa.string()),
        "empty": pa.nulls(len(texts), pa.string()),
    }
    judge.check(
        columns,
        [
            "to_json(struct(*))",
            "to_json(struct(empty))",
            "to_json(if(t IS NULL, NULL, struct(t, u)))",
            "CASE WHEN length(t) > 2 THEN to_json(struct(u, t AS `a\tb`)) END",
        ],
        most_doubtful=0,
    )


def test_json_of_other_things_is_for_spark(judge: Judge) -> None:
    columns = {"n": pa.array([1, 2], pa.int64()), "t": pa.array(["a", "b"])}
    assert judge.refusal(columns, "to_json(struct(t))") is None
    assert judge.refusal(columns, "to_json(struct(n))") == "the method evaluate"
    assert judge.refusal(columns, "to_json(struct(t), map('ignoreNullFields', 'false'))") == "the method evaluate"
