"""How are expressions read from the JSON that Catalyst writes of them?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pyspark.sql.types import _parse_datatype_json_value

from tieout.columnar.tree import ATTRIBUTE, LITERAL, TO_JSON, TO_UTC, UNTOLD, VARIABLE, Node, Nodes

# What a class's JSON has beside its children: kept as the node's value, or without meaning for a result.
CARRIED = {
    "GetArrayItem": "failOnError", "GetStructField": "ordinal", "XxHash64": "seed", "HiveHash": "seed",
    "TimestampAdd": "unit",
}  # fmt: skip
HARMLESS = {
    ("CreateArray", "useStringTypeWhenEmpty"), ("GetStructField", "name"), ("LambdaFunction", "hidden"),
    ("Add", "evalContext"), ("Remainder", "evalContext"), ("Pmod", "evalContext"), ("GetStructField", "ordinal"),
    ("Subtract", "evalContext"), ("Multiply", "evalContext"), ("UnaryMinus", "failOnError"),
    ("Abs", "failOnError"),
}  # fmt: skip
# Whose type is told by the plan itself: it is not always that of what is given.
TYPED = ("Add", "Subtract", "Multiply")
# Its JSON has no escape character.
LIKE = "Like"
# What writes JSON of structs without options, as the plan has it.
PLAIN_JSON = "StructsToJsonEvaluator(Map(),StructType("
OBJECT = "object"
FRAME = ("class", "num-children")
ZONE, UTC_ZONE = "timeZoneId", "UTC"
# Of decimals, dates and times too the JSON has what `toString` writes.
READ: Mapping[str, Callable[[str], Any]] = {
    "string": str, "tinyint": int, "smallint": int, "int": int, "bigint": int, "double": float,
    "boolean": lambda text: text == "true", "date": date.fromisoformat,
    "timestamp": lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
}  # fmt: skip

Json = dict[str, Any]
# Tells what the JSON does not of the expression at a place in the list that an expression's JSON is: its evaluation
# mode, type, options or escape character; of a time zone `zones.clocks`.
Modes = Callable[[int], str]


class Reading:
    """Reads the expressions of one plan; `now` is the time that the plan's query is said to start."""

    def __init__(self, now: datetime) -> None:
        self.nodes = Nodes()
        self._now = self.nodes.node(LITERAL, type="timestamp", value=now)

    def expression(self, found: Sequence[Json], modes: Modes) -> Node:
        """Return the expression that is written as this list, a parent before its children; aliases are left out."""
        places = iter(range(len(found)))
        return self._next(found, places, modes)

    def _next(self, found: Sequence[Json], places: Iterator[int], modes: Modes) -> Node:
        at = next(places)
        item = found[at]
        children = tuple(self._next(found, places, modes) for _ in range(item["num-children"]))
        return self._node(item, children, lambda: modes(at))

    def _node(self, item: Json, children: tuple[Node, ...], mode: Callable[[], str]) -> Node:
        node = self.nodes.node
        kind = item["class"].rsplit(".", 1)[-1]
        if kind == "Alias":
            return children[0]
        if kind in (ATTRIBUTE, VARIABLE):
            return node(kind, (), type_of(item["dataType"]), int(item["exprId"]["id"]))
        if kind == LITERAL:
            return self._literal(item)
        if kind == "Invoke":
            return self._invoked(item, children)
        if kind == "CurrentTimestamp":
            return self._now
        if kind == "Cast":
            return self._cast(item, children, mode())
        if kind == "JsonToStructs":
            return node(kind, children, type_of(item["schema"]), mode())
        if kind == TO_UTC:
            return self._zoned(children, mode)
        for name, value in item.items():
            known = name in FRAME or (kind, name) in HARMLESS or CARRIED.get(kind) == name
            if not (known or _is_place(value) or (name, value) == (ZONE, UTC_ZONE)):
                return node(UNTOLD, children, None, f"{kind} with {name}")
        if kind in TYPED:
            return node(kind, children, mode())
        if kind == LIKE:
            return node(kind, children, None, mode())
        return node(kind, children, None, item[CARRIED[kind]] if kind in CARRIED else None)

    def _literal(self, item: Json) -> Node:
        type = type_of(item["dataType"])
        text = item["value"]
        if text is None or type == OBJECT:
            return self.nodes.node(LITERAL, (), type, text)
        read = Decimal if type.startswith("decimal(") else READ.get(type)
        try:
            value = read(text) if read is not None else None
        except ValueError:
            value = None
        if value is None:
            return self.nodes.node(UNTOLD, (), None, f"the {type} {text[:50]!r}")
        return self.nodes.node(LITERAL, (), type, value)

    def _invoked(self, item: Json, children: tuple[Node, ...]) -> Node:
        """Return what a method of an object of the JVM does, if that is known by the object's text."""
        made_of = item["methodInputTypes"]
        if (
            children[0].type == OBJECT
            and str(children[0].value).startswith(PLAIN_JSON)
            and all(field["type"] == "string" for kind in made_of for field in kind["fields"])
        ):
            return self.nodes.node(TO_JSON, children[1:], None, None)
        return self.nodes.node(UNTOLD, children, None, f"the method {item['functionName']}")

    def _cast(self, item: Json, children: tuple[Node, ...], mode: str) -> Node:
        if item[ZONE] not in (None, UTC_ZONE):
            return self.nodes.node(UNTOLD, children, None, f"Cast in the time zone {item[ZONE]}")
        return self.nodes.node("Cast", children, type_of(item["dataType"]), mode)

    def _zoned(self, children: tuple[Node, ...], clocks: Callable[[], str]) -> Node:
        """Return what times are in UTC, with the clocks of the zone instead of its name."""
        moments, zone = children
        if zone.kind != LITERAL or zone.value is None:
            return self.nodes.node(UNTOLD, children, None, "a time zone that is not constant")
        return self.nodes.node(TO_UTC, (moments,), None, clocks())


def _is_place(value: Any) -> bool:
    """Tell whether a value only says which children a field has, or repeats them."""
    if value is None or isinstance(value, int) and not isinstance(value, bool):
        return True
    return isinstance(value, list) and all(_is_place(item) or isinstance(item, dict | list) for item in value)


def type_of(written: Any) -> str:
    """Return the simple name of a type that is written as JSON; OBJECT for what is a type of the JVM only."""
    if written == OBJECT:
        return OBJECT
    if isinstance(written, dict) and str(written.get("object", "")).endswith(".NullType$"):
        return "void"
    return _type_named(json.dumps(written))


@lru_cache(maxsize=1000)
def _type_named(written: str) -> str:
    return str(_parse_datatype_json_value(json.loads(written)).simpleString())
