"""How is a struct of texts written as JSON? As Jackson does, without the fields that are null."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels.call import Call, Kernel, Refusal, full
from tieout.columnar.kernels.spans import Texts
from tieout.columnar.tree import TO_JSON

SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
# The backslash is the first: the others' escapes have one.
ESCAPES = {"\\": "\\\\", '"': '\\"'} | {chr(code): SHORT.get(chr(code), f"\\u{code:04X}") for code in range(ord(" "))}


def to_json(call: Call) -> pa.Array:
    """Return structs of texts as JSON; null where the struct is."""
    structs = full(call.arguments[0], call.rows)
    if pa.types.is_null(structs.type):
        return pa.nulls(call.rows, pa.string())
    pairs = [_pairs(field.name, values) for field, values in zip(structs.type, structs.flatten(), strict=True)]
    # A comma is behind each pair, then behind no last one: only commas at the very end are not within quotes.
    inner = pc.ascii_rtrim(pc.binary_join_element_wise(pa.repeat("", call.rows), *pairs, ""), ",")
    return pc.if_else(structs.is_valid(), pc.binary_join_element_wise("{", inner, "}", ""), None)


def _pairs(name: str, values: pa.Array) -> pa.Array:
    before = f'"{_escaped(pa.array([name]))[0].as_py()}":"'
    return pc.binary_join_element_wise(before, _escaped(values), '",', "").fill_null("")


def _escaped(texts: pa.Array) -> pa.Array:
    """Return texts as they are within quotes."""
    found = np.bincount(Texts(texts).data, minlength=128)
    for sign, escape in ESCAPES.items():
        if found[ord(sign)]:
            texts = pc.replace_substring(texts, sign, escape)
    return texts


KERNELS: Mapping[str, Kernel] = {TO_JSON: to_json}
REFUSALS: Mapping[str, Refusal] = {}
