"""What is at a path of a JSON document is what Spark finds there."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pytest

from tieout.columnar.kernels.call import Call
from tieout.columnar.kernels.json_paths import KERNELS, _known
from tieout.columnar.tree import LITERAL, Node

from .conftest import Judge, odd_texts, ordinary_texts

ODD = [
    None, "", " ", "  ", "{}", "[]", '{"a":"x"}', '{"a":"x"} tail', '{"a":"x"', '{"a":', '{"a"', "{", "{a:1}",
    '{"a":null,"a":"y"}', '{"a":"x","a":"y"}', '{"a":{"c":1},"a":{"b":2}}', '{"a":{"b":null},"a":{"b":[]}}',
    '{"a":"x\ty"}', '{"a":"x\x00y"}', '{"a\tb":1,"a":2}', '[{"a":1}]', '{"a":true,"b":false}', '{"a":tru}', "abc",
    "{'a':1}", "{\"b\":'x\"y',\"a\":\"}\"}", '{"a":"x",}', '{"a":NaN}', '{"a":-Infinity}', '\ufeff{"a":1}',
    ' \n{"a" : 1 }\t', '{"a": "x", "b" :2}', "Öl", '"a"', "12", '{"a":"ü🙂"}', '{"b":{"a":3}}', '{"a":"\x7f"}',
    '{"a":"1" "b":2}', '{,"a":1}', '{"":1,"a":2}', '{"a":1}}', '{"a":1},', '{"b":[{"c":[]},{}],"a":5}',
    '{"\x7f0":1,"a":2}', '{"\x7f0":1,"":"a","a":"z"}', '{"a":"x\\"y"}', '{"b":"\\\\","a":"x"}', '{"\\u0061":1}',
    '{"a":"b":"c"}', '{"a":{"b":{"c":"deep"}}}', '{"a":[1,2]}', '{"a":{"b":"x"}}', '{"a":"{\\"b\\":1}"}', "nul", "-",
    '{"a":{"b":"x"}', '{"a":{"b":"x"}]', '{"a":/**/1}', '{"a":"x"}{"a":"y"}', '{"A":1}', '{"a":1,"b":"}"}', ':', '"',
    '{"a":"' + "x" * 60_000 + '"}', "[" * 2000, '{"b":' + "[" * 600 + "]" * 600 + ',"a":1}',
    '{"a":' + "1" * 1200 + "}", '{"b":' + "1" * 1200 + ',"a":1}', '{"a":"x"}\x00', '{"a":"x"\x0b}', "{\u00a0\"a\":1}",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "1", "-1", "007", "-01", "00", "+1", ".5", "5.", "-.5", "-", "--1", "1-2", "1.2.3", "1 2", "0.5", "-0.5",
    "0.0", "-0.0", "0.00", "0.50", "1.50", "100", "1e3", "1E5", "1e-3", "1e05", "1.5e2", "1234567.25", "12345678.25",
    "9999999.99999999", "0.001", "0.0010", "0.0001", "0.00099", "123456789012345678901234567890", "1.005", "2.675",
    "9223372036854775807", "9223372036854775808", "0.1234567890123456789", "0x10", "1_0", "1f", "12.500000000000000",
]  # fmt: skip
PATHS = ["$.a", "$['a']", "$.a.b", "$['a'].b", "$.a['b']", "$.b", "$.a.b.c"]


def asked(column: str = "t") -> list[str]:
    return [f'get_json_object({column}, "{path}")' for path in PATHS]


def broken_texts(count: int) -> list[str]:
    """Return documents with something left out, put in or doubled."""
    chance = random.Random(3)
    whole = ['{"a":{"b":"x y","c":[1,2.50,{"d":null}]},"b":12.30}', '{"a": "x", "b": {"a": 1, "b": -20}}',
             '{"b":true,"a":"{"}', '{"a":null,"b":"","a":{"b":"two"}}']  # fmt: skip
    found = []
    for text in chance.choices(whole, k=count):
        place = chance.randrange(len(text))
        found.append(text[:place] + chance.choice(['"', "{", "}", ",", ":", "1", "a", " ", "", "-", ".", "[", "]", "'"])
                     + text[place + chance.randrange(2) :])  # fmt: skip
    return found


def test_odd_documents(judge: Judge) -> None:
    numbers = [f'{{"a":{number}}}' for number in NUMBERS] + [f'{{"b":{number},"a":"x"}}' for number in NUMBERS]
    texts = [*ODD, *numbers, *broken_texts(3000), *(f'{{"a":"{text}"}}' for text in odd_texts(500)), *odd_texts(200)]
    judge.check({"t": pa.array(texts, pa.string())}, asked())


def test_ordinary_documents_are_not_doubtful(judge: Judge) -> None:
    chance = random.Random(8)
    names = [text.replace('"', "") if text else text for text in ordinary_texts(2000)]
    values = [chance.choice([name, None, True, chance.randrange(-(10**6), 10**12), round(chance.uniform(-1e6, 1e6), 2),
                             f"{name}"]) for name in names]  # fmt: skip
    texts = [json.dumps({"id": f"x{at}", "a": {"b": value}, "b": name, "note": None, "lines": [{"c": at}] * (at % 3)},
                        ensure_ascii=False, separators=(",", ":") if at % 2 else None)
             for at, (name, value) in enumerate(zip(names, values, strict=True))]  # fmt: skip
    judge.check({"t": texts}, ['get_json_object(t, "$.a.b")', "get_json_object(t, '$.b')"], most_doubtful=0)
    plain = [name.strip() if name and "{" not in name and name.isascii() else None for name in names]
    judge.check({"t": pa.array([*plain, ""])}, asked()[:1], most_doubtful=0.01)
    amounts = [f'{{"a":{chance.uniform(-1e6, 1e6):.{chance.randrange(1, 7)}f}}}' for _ in range(5000)]
    judge.check({"t": amounts}, asked()[:1], most_doubtful=0.001)


def test_constants_and_nothing(judge: Judge) -> None:
    columns = {"t": pa.array([None, '{"a":"x"}']), "empty": pa.nulls(2, pa.string())}
    document = """get_json_object('{"a":{"b":1.50}}', '$.a.b')"""
    judge.check(columns, [document, *asked("empty"), "get_json_object(NULL, '$.a')"], most_doubtful=0)


@pytest.mark.parametrize("path", ["$", "$.", "a", "$[0]", "$[*].a", "$.*", "$.a b", "$..a", "$.a.", "$.é", "$[a]"])
def test_other_paths_are_for_spark(judge: Judge, path: str) -> None:
    columns = {"t": pa.array(["{}"])}
    assert judge.refusal(columns, f"get_json_object(t, '{path}')") == f"get_json_object with the path {path}"
    assert judge.refusal(columns, "get_json_object(t, t)") == "get_json_object with a path that is not constant"


def test_parts_of_columns_and_no_rows() -> None:
    """Arrays start anywhere in their buffers; of a column that is gone nothing is kept."""
    texts = ['{"a":"x"}', None, '{"a":1.50}', "", '{"b":[1,"y"],"a":"z"}', '{"a":true}', '{"a":"ü"}'] * 3
    given = pa.array(texts, pa.string())
    node = Node("GetJsonObject", (Node("Column"), Node(LITERAL, type="string", value="$.a")))
    kernel, doubts = KERNELS["GetJsonObject"], list[pa.Array]()
    whole = kernel(Call(node, [given], len(given), doubts.append))
    assert whole.to_pylist() == ["x", None, "1.5", None, "z", "true", "ü"] * 3
    for start, count in ((2, 9), (0, 0), (5, 1), (3, 1)):
        part = kernel(Call(node, [given.slice(start, count)], count, doubts.append))
        assert part.equals(whole.slice(start, count))
    assert not doubts
    del given
    assert not _known
