"""How are a plan's expressions computed for a batch of rows?

    rows = Rows({12: ids, 13: names}, definitions, 65536)
    rows.value(node)                  # an array of 65536 values
    rows.doubtful                     # of which rows Spark may find something else

What reads one column only, which has few distinct values, is computed for each of these once. What is computed of some
rows only is in `branches`.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.columnar.branches import LAZY
from tieout.columnar.columns import Chosen, Truths, coded, truths_of
from tieout.columnar.definitions import Definitions
from tieout.columnar.kernels.call import Call, full
from tieout.columnar.kernels.known import KERNELS
from tieout.columnar.literals import scalar_of
from tieout.columnar.tree import ATTRIBUTE, LITERAL, VARIABLE, Node

# A definition that is asked for by at least this share of the rows is computed for all of them: others ask again.
MOST = 0.5
# A branch is computed for all rows where at least this share gets there.
NEARLY_ALL = 0.75


class Rows:
    """A batch of rows, or some rows of one: what was computed of them is kept."""

    def __init__(self, columns: Mapping[int, pa.Array], definitions: Mapping[int, Node], length: int) -> None:
        self.length = length
        self.doubtful: Truths = np.zeros(length, dtype=np.bool_)
        self.definitions = definitions if isinstance(definitions, Definitions) else Definitions(definitions)
        self._columns = columns
        self._known: dict[Node, pa.Array | pa.Scalar] = {}
        self._distinct: dict[int, Distinct | None] = {}

    def value(self, node: Node) -> pa.Array:
        """Return the values of an expression."""
        return self.full(self.argument(node))

    def full(self, value: pa.Array | pa.Scalar) -> pa.Array:
        """Return a scalar as an array of all rows."""
        return full(value, self.length)

    def argument(self, node: Node) -> pa.Array | pa.Scalar:
        """Return the values of an expression; one scalar where it is the same for all rows."""
        found = self._known.get(node)
        if found is None:
            found = self._known[node] = self._computed(node)
        return found

    def known(self, node: Node) -> pa.Array | pa.Scalar | None:
        """Return the values of an expression if they have been computed."""
        return self._known.get(node)

    def afresh(self, where: Truths) -> Rows:
        """Return some rows with nothing known of them: only what is asked of them from now on makes them doubtful."""
        return Rows(Chosen(self._columns, pa.array(np.flatnonzero(where))), self.definitions, int(where.sum()))

    def filtered(self, stays: Truths) -> Rows:
        """Return the rows that stay, with what is known of them."""
        found = self.afresh(stays)
        found.doubtful = self.doubtful[stays]
        mask = pa.array(stays)
        found._known = {
            node: value if isinstance(value, pa.Scalar) else value.filter(mask) for node, value in self._known.items()
        }
        return found

    def join(self, columns: Mapping[int, pa.Array], places: pa.Array) -> None:
        """Give each row the columns of the row at its place in others; nulls where it has no place."""
        self._columns = ChainMap(Chosen(columns, places), self._columns)  # type: ignore[arg-type]

    def truths(self, node: Node) -> tuple[Truths, Truths]:
        """Return where a condition is true, and where it is false; it is null elsewhere."""
        value = self.argument(node)
        if isinstance(value, pa.Scalar):
            truth = value.as_py()
            return np.full(self.length, truth is True), np.full(self.length, truth is False)
        return truths_of(value)

    def some(self, where: Truths) -> Rows:
        """Return a view on some rows: doubts about them are doubts here."""
        return _View(self, np.flatnonzero(where))

    def nearly_all(self, where: Truths) -> Rows | None:
        """Return all rows as they are for those that are asked about; None if these are not nearly all.

        Leaving out a few costs more than computing them, too; doubts about these are none.
        """
        return _NearlyAll(self, where) if np.count_nonzero(where) >= NEARLY_ALL * self.length else None

    def items(self, variable: int, lists: pa.ListArray) -> Rows:
        """Return the items of lists, one list a row, as rows of which `variable` is the item."""
        return _Items(self, variable, lists)

    def distinct(self, column: int) -> Distinct | None:
        """Return the distinct values of a column, if they are few."""
        if column not in self._distinct:
            self._distinct[column] = self._distinct_of(column)
        return self._distinct[column]

    def _distinct_of(self, column: int) -> Distinct | None:
        values = self._columns.get(column)
        codes = None if values is None else coded(values)
        if codes is None:
            return None
        return Distinct(_Values({column: codes.dictionary}, self.definitions, len(codes.dictionary)), codes.indices)

    def _computed(self, node: Node) -> pa.Array | pa.Scalar:
        if node.kind == LITERAL:
            return scalar_of(node)
        column = self.definitions.sole(node)
        distinct = None if column is None else self.distinct(column)
        if distinct is not None and (distinct.rows.length <= self.length or distinct.rows.known(node) is not None):
            return self._spread(distinct, node)
        return self._of_children(node)

    def _spread(self, distinct: Distinct, node: Node) -> pa.Array | pa.Scalar:
        """Return an expression's values by those of distinct values of the one column that it reads."""
        values = distinct.rows.argument(node)
        if distinct.rows.doubtful.any():
            self._doubt(pa.array(distinct.rows.doubtful).take(distinct.places))
        if isinstance(values, pa.Scalar):
            return values
        return values[0] if len(values) == 1 else values.take(distinct.places)

    def _of_children(self, node: Node) -> pa.Array | pa.Scalar:
        if node.kind in (ATTRIBUTE, VARIABLE):
            definition = self.definitions.get(node.value)
            return self._columns[node.value] if definition is None else self.argument(definition)
        lazy = LAZY.get(node.kind)
        if lazy is not None:
            return lazy(self, node)
        arguments = [self.argument(child) for child in node.children]
        kernel = KERNELS[node.kind]
        if all(isinstance(argument, pa.Scalar) for argument in arguments):
            return kernel(Call(node, arguments, 1, self._doubt_all))[0]
        return kernel(Call(node, arguments, self.length, self._doubt))

    def _doubt(self, rows: pa.Array) -> None:
        self.doubtful |= np.asarray(rows.fill_null(False))

    def _doubt_all(self, one: pa.Array) -> None:
        if one[0].as_py():
            self._doubt(pa.repeat(pa.scalar(True), self.length))


class _Values(Rows):
    """The distinct values of a column."""

    def _distinct_of(self, column: int) -> Distinct | None:
        return None


class _View(Rows):
    """Some rows of others, by their places there, which may be several times the same."""

    def __init__(self, parent: Rows, places: NDArray[np.int64]) -> None:
        super().__init__({}, parent.definitions, len(places))
        self._parent = parent
        self._places = places
        self._taken = pa.array(places)

    def _computed(self, node: Node) -> pa.Array | pa.Scalar:
        if node.kind == LITERAL:
            return super()._computed(node)
        above = self._of_parent(node)
        return super()._computed(node) if above is None else self._take(above)

    def _of_parent(self, node: Node) -> pa.Array | pa.Scalar | None:
        """Return what is known above, or better computed there, since others will ask for it too."""
        known = self._parent.known(node)
        if known is not None or node.kind != ATTRIBUTE:
            return known
        is_column = node.value not in self.definitions
        if is_column or self.length >= MOST * self._parent.length:
            return self._parent.argument(node)
        return None

    def _distinct_of(self, column: int) -> Distinct | None:
        above = self._parent.distinct(column)
        return None if above is None else Distinct(above.rows, above.places.take(self._taken))

    def _take(self, value: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
        return value if isinstance(value, pa.Scalar) else value.take(self._taken)

    def _doubt(self, rows: pa.Array) -> None:
        super()._doubt(rows)
        doubtful = np.asarray(rows.fill_null(False))
        if doubtful.any():
            above = np.zeros(self._parent.length, dtype=np.bool_)
            above[self._places[doubtful]] = True
            self._parent._doubt(pa.array(above))


class _NearlyAll(Rows):
    """All rows of others, which are computed for some of them."""

    def __init__(self, parent: Rows, where: Truths) -> None:
        super().__init__(parent._columns, parent.definitions, parent.length)
        self._parent = parent
        self._where = where

    def _computed(self, node: Node) -> pa.Array | pa.Scalar:
        known = self._parent.known(node)
        if known is not None or (node.kind in (ATTRIBUTE, VARIABLE) and node.value not in self.definitions):
            return self._parent.argument(node)
        return super()._computed(node)

    def distinct(self, column: int) -> Distinct | None:
        return self._parent.distinct(column)

    def _doubt(self, rows: pa.Array) -> None:
        asked = pc.and_(rows.fill_null(False), pa.array(self._where))
        super()._doubt(asked)
        self._parent._doubt(asked)


class _Items(_View):
    """The items of lists; of all else the values are those of the list's row."""

    def __init__(self, parent: Rows, variable: int, lists: pa.ListArray) -> None:
        super().__init__(parent, np.asarray(pc.list_parent_indices(lists)).astype(np.int64))
        self._variable = variable
        self._columns = {variable: lists.flatten()}

    def _of_parent(self, node: Node) -> pa.Array | pa.Scalar | None:
        return None if self._variable in self.definitions.sources(node) else self._parent.argument(node)

    def _distinct_of(self, column: int) -> Distinct | None:
        return Rows._distinct_of(self, column) if column == self._variable else super()._distinct_of(column)


@dataclass(frozen=True)
class Distinct:
    """The distinct values of a column as rows, and of each row which one it has."""

    rows: Rows
    places: pa.Array
