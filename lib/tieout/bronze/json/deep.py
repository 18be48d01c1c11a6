"""JSON objects whose values are nested deeper than Spark's parser can go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from pyspark.sql import Column
from pyspark.sql import functions as F

# Spark writes nested values again, with a writer that refuses a thousand levels.
MOST_BRACKETS = 900
TOKEN = re.compile(
    r'[ \t\r\n]*("[^"\\]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\]*)*"'
    r"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|[\[\]{}:,])"
)
OPENED = {"}": "{", "]": "["}
SIGNS = "{}[]:,"
# What may come next.
VALUE, KEY, COLON, COMMA, CLOSE, END = "value", "key", "colon", "comma", "close", "end"


def may_be_deep(line: Column) -> Column:
    """Tell whether a line of JSON has so many brackets that some of them may be too many levels."""
    return F.length(line) - F.length(F.translate(line, "[{", "")) >= MOST_BRACKETS


def deep_texts(line: Column) -> Column:
    """Return a JSON object as a map of key to text, as `json_lines.parsed` does; null when it is none."""
    return F.udf(lambda text: None if text is None else object_texts(text), "map<string,string>")(line)


def object_texts(line: str) -> dict[str, str | None] | None:
    """Return the keys of a JSON object with their values: strings decoded, others as written, without blanks.

    None when the line is not one whole JSON object. No recursion: the depth has no limit.
    """
    try:
        return _members(_tokens(line))
    except ValueError:
        return None


def _members(tokens: Iterable[tuple[str, int]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    key: str | None = None
    parts: list[str] = []
    for text, depth in tokens:
        if depth == 1 and text in (",", "}"):
            found |= {} if key is None else {key: _value(parts)}
            key, parts = None, []
        elif depth == 1 and key is None:
            key = str(json.loads(text, strict=False))
        elif depth > 1 or (depth == 1 and text != ":"):
            parts.append(text)
    return found


def _value(parts: list[str]) -> str | None:
    if parts[0][0] == '"':
        return str(json.loads(parts[0], strict=False))
    return None if parts == ["null"] else "".join(parts)


def _tokens(line: str) -> Iterator[tuple[str, int]]:
    """Yield each token with how deep it stands. Raises ValueError where the line is not one whole object."""
    stack: list[str] = []
    wanted, at = {VALUE}, 0
    while END not in wanted:
        token = TOKEN.match(line, at)
        if token is None or (not stack and token[1] != "{"):
            raise ValueError(f"no JSON object at {at}")
        depth = len(stack)
        wanted, at = _following(token[1], wanted, stack), token.end()
        yield token[1], depth
    if line[at:].strip():
        raise ValueError(f"more than one JSON object at {at}")


def _following(text: str, wanted: set[str], stack: list[str]) -> set[str]:
    """Return what may follow a token; brackets change the stack. Raises ValueError where it may not stand."""
    if text in "{[" and VALUE in wanted:
        stack.append(text)
        return {KEY, CLOSE} if text == "{" else {VALUE, CLOSE}
    if text in "}]" and CLOSE in wanted and stack.pop() == OPENED[text]:
        return {COMMA, CLOSE} if stack else {END}
    if text == "," and COMMA in wanted:
        return {KEY} if stack[-1] == "{" else {VALUE}
    if text == ":" and COLON in wanted:
        return {VALUE}
    if text[0] == '"' and KEY in wanted:
        return {COLON}
    if text not in SIGNS and VALUE in wanted:
        return {COMMA, CLOSE}
    raise ValueError(f"{text} may not stand here")
