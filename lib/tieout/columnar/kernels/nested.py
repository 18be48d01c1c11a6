"""How are lists and structs made and taken apart, and how is a code list asked?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels.call import Call, Kernel, Refusal, full
from tieout.columnar.literals import flat_type
from tieout.columnar.simpler import CODE_LIST
from tieout.columnar.tree import LITERAL, Node

VALUES = {pa.string(), pa.int32()}
MAPS, END = "array<map<string,", ">>"


def _struct_field(call: Call) -> pa.Array:
    structs = full(call.arguments[0], call.rows)
    if pa.types.is_null(structs.type):
        return structs
    return pc.struct_field(structs, [call.node.value])


def _struct(call: Call) -> pa.Array:
    names = [child.value for child in call.node.children[::2]]
    return pa.StructArray.from_arrays([full(value, call.rows) for value in call.arguments[1::2]], names)


def _literal_names(node: Node) -> str | None:
    return None if all(child.kind == LITERAL for child in node.children[::2]) else "a struct with unknown names"


def _joined(call: Call) -> pa.Array:
    """Return a list's texts as one; those that are null are left out."""
    texts, between = full(call.arguments[0], call.rows), call.arguments[1]
    if pa.types.is_null(texts.type) or not between.is_valid:
        return pa.nulls(call.rows, pa.string())
    return pc.binary_join(_without_nulls(texts), between)


def _without_nulls(texts: pa.ListArray) -> pa.ListArray:
    """Return lists without the items that are null."""
    items = texts.flatten()
    if not items.null_count:
        return texts
    owners = np.asarray(pc.list_parent_indices(texts))[np.asarray(items.is_valid())]
    sizes = np.bincount(owners, minlength=len(texts))
    offsets = pa.array(np.concatenate(([0], np.cumsum(sizes))), pa.int32())
    return pa.ListArray.from_arrays(offsets, items.drop_null().cast(pa.string()), mask=pc.is_null(texts))


def _join_of_two(node: Node) -> str | None:
    plain = len(node.children) == 2 and node.children[1].kind == LITERAL
    return None if plain else "array_join with a word for what is missing"


def _looked_up(call: Call) -> pa.Array:
    keys, values = _code_list(call.node.value, str(call.node.type))
    asked = full(call.arguments[0], call.rows)
    found = pc.index_in(asked.cast(pa.string()), value_set=keys)
    return values.take(found)


def _known_list(node: Node) -> str | None:
    return f"a code list of the type {node.type}" if _value_type(str(node.type)) is None else None


@lru_cache(maxsize=100)
def _code_list(text: str, kind: str) -> tuple[pa.Array, pa.Array]:
    """Return the keys and values of a code list that is written as an array of maps."""
    entries = {key: value for one in json.loads(text) for key, value in one.items()}
    return pa.array(list(entries), pa.string()), pa.array(list(entries.values()), _value_type(kind))


def _value_type(kind: str) -> pa.DataType | None:
    """Return the type of a code list's values; None for others than texts, ints and structs of them."""
    found = flat_type(kind.removeprefix(MAPS).removesuffix(END))
    kinds = {field.type for field in found} if found is not None and pa.types.is_struct(found) else {found}
    return found if kinds <= VALUES else None


KERNELS: Mapping[str, Kernel] = {
    "GetStructField": _struct_field,
    "CreateNamedStruct": _struct,
    "ArrayJoin": _joined,
    CODE_LIST: _looked_up,
}
REFUSALS: Mapping[str, Refusal] = {
    "CreateNamedStruct": _literal_names,
    "ArrayJoin": _join_of_two,
    CODE_LIST: _known_list,
}
