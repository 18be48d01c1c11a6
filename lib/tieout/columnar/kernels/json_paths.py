"""What does Spark's `get_json_object` find at a path of names? Each document is a column's text."""

from __future__ import annotations

import re
import weakref
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels.call import Call, Kernel, Refusal
from tieout.columnar.kernels.json_shapes import UNSURE, Documents, Found, Number, Text, Word, found_at
from tieout.columnar.kernels.spans import Flags, Places, Texts, column, doubt, replaced
from tieout.columnar.tree import LITERAL, Node

NAME = re.compile(r"\.(\w+)|\['(\w+)'\]", re.ASCII)
PATH = re.compile(rf"\$({NAME.pattern})+", re.ASCII)
# Of more shapes the rest is left to Spark, which is as fast then.
MOST_SHAPES = 5_000
SPACE, DELETE = 0x20, 0x7F
# Whole numbers are written as they are; others as doubles, of which these are as they are but for zeros at the end.
WHOLE = r"^(0|-?[1-9][0-9]*)\z"
BROKEN = r"^-?([1-9][0-9]{0,6}\.[0-9]{1,8}|0\.0{1,8}|0\.0?0?[1-9][0-9]{0,11})\z"
BROKEN_AND_ZEROS, BROKEN_ONLY = r"^(-?[0-9]+\.[0-9]+?)0*\z", r"\1"
NOTHING, STRING, NUMBER, WORD, DOUBT = range(5)
_known: dict[int, Documents] = {}


def get_json_object(call: Call) -> pa.Array:
    """Return what is at the path: texts without quotes, numbers, `true` and `false`; null where nothing is."""
    given = column(call, 0)
    asked, unsure = _objects(given)
    doubt(call, unsure, given)
    if not asked.any():
        return pa.nulls(call.rows, pa.string())
    documents = _documents(given)
    answers, codes = _answers(documents, _names(call.node.children[1].value))
    kinds = np.array([_kind(answer) for answer in answers])[codes]
    kinds = np.where(asked, np.where(documents.plain, kinds, DOUBT), NOTHING)
    doubt(call, kinds == DOUBT, given)
    found = _cut(documents, answers, codes, kinds)
    if (kinds == WORD).any():
        words = pa.array([answer.value if isinstance(answer, Word) else None for answer in answers], pa.string())
        found = pc.if_else(pa.array(kinds == WORD), words.take(pa.array(codes)), found)
    return _with_numbers(call, found, kinds == NUMBER)


def _objects(given: pa.Array) -> tuple[Flags, Flags]:
    """Return which texts begin as an object, perhaps behind spaces, and which begin oddly.

    In others there is no name to be found, whether they are JSON or not.
    """
    texts = Texts(given)
    some = np.asarray(given.is_valid()) & (texts.ends > texts.starts)
    first = np.append(texts.data, np.uint8(0))[texts.starts]
    begins = np.isin(first, list(b"{ \t\r\n"))
    return some & begins, some & ~begins & ((first <= SPACE) | (first >= DELETE))


def _documents(given: pa.Array) -> Documents:
    """Return the documents of a column, which are kept as long as it is: several paths are asked for."""
    key = id(given)
    if key not in _known:
        # Another object of the same texts: else the column would be kept by what is known of it.
        _known[key] = Documents(given.slice(0))
        weakref.finalize(given, _known.pop, key, None)
    return _known[key]


def _answers(documents: Documents, path: tuple[str, ...]) -> tuple[list[Found], Places]:
    """Return what is at the path by shape, and for each row the number of its answer."""
    shapes = documents.shapes
    answers = [found_at(shape, path) for shape in shapes.dictionary[:MOST_SHAPES].to_pylist()]
    codes = np.asarray(shapes.indices.fill_null(len(answers))).astype(np.int64)
    return [*answers, UNSURE], np.minimum(codes, len(answers))


def _kind(answer: Found) -> int:
    if isinstance(answer, Word):
        return NOTHING if answer.value is None else WORD
    return STRING if isinstance(answer, Text) else NUMBER if isinstance(answer, Number) else DOUBT


def _cut(documents: Documents, answers: list[Found], codes: Places, kinds: Places) -> pa.Array:
    """Return the texts and numbers of the documents that are asked for; null for others."""
    places = np.array([answer.number if isinstance(answer, Text | Number) else 0 for answer in answers])
    starts, ends = documents.texts.starts.copy(), documents.texts.starts.copy()
    for kind, spans in ((STRING, documents.text_spans), (NUMBER, documents.number_spans)):
        rows = np.flatnonzero(kinds == kind)
        starts[rows], ends[rows] = spans(rows, places[codes[rows]])
    there = pa.array((kinds == STRING) | (kinds == NUMBER))
    return pc.if_else(there, documents.texts.cut(starts, ends), pa.scalar(None, pa.string()))


def _with_numbers(call: Call, found: pa.Array, numbers: Flags) -> pa.Array:
    """Return what was found with numbers as Spark writes them; of some that is not sure."""
    if not numbers.any():
        return found
    some = found.filter(pa.array(numbers))
    whole, broken = (np.asarray(pc.match_substring_regex(some, form)) for form in (WHOLE, BROKEN))
    unsure = numbers.copy()
    unsure[numbers] = ~whole & ~broken
    doubt(call, unsure, found)
    if not broken.any():
        return found
    written = pc.replace_substring_regex(some, BROKEN_AND_ZEROS, BROKEN_ONLY)
    return replaced(found, numbers, written)


def _names(path: str) -> tuple[str, ...]:
    return tuple(one or other for one, other in NAME.findall(path))


def _reason(node: Node) -> str | None:
    """Tell why a path is not known: it has to be one of names, as `$.a`, `$.a.b` or `$['a']`."""
    path = node.children[1]
    if path.kind != LITERAL:
        return "get_json_object with a path that is not constant"
    return None if PATH.fullmatch(path.value or "") else f"get_json_object with the path {path.value}"


KERNELS: Mapping[str, Kernel] = {"GetJsonObject": get_json_object}
REFUSALS: Mapping[str, Refusal] = {"GetJsonObject": _reason}
