"""Join candidates: tables whose columns a record may have by a join, and which of their rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tieout.onboarding.columns import Column, Profile
from tieout.onboarding.guess import through
from tieout.onboarding.relations import Link
from tieout.onboarding.vocabulary import Vocabulary, Words

FORWARDS, UNSURE, BACKWARDS = 0.12, 0.2, 0.16
SURE_LINK = 0.6
# A column whose values say which of several rows is meant has no more of them.
MOST_ROLES = 12
# Such a column is empty in so many rows at least that these are no slips.
LEAST_EMPTY = 0.1
# Column and the value that it must have; None: it must be empty.
Condition = tuple[str, str | None]


@dataclass(frozen=True)
class Join:
    """A join of a draft: `on` is expression → column of the other object, `where` which of its rows."""

    object: str
    on: tuple[str, str]
    sure: float
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class JoinCandidate:
    """A join that may be made, the words that lead to its columns, and how much less sure they are."""

    join: Join
    words: Words
    distance: float

    def columns(self, alias: str, profile: Profile) -> Iterator[Column]:
        """Yield the columns as a record sees them through the join."""
        for column in profile.columns:
            if column.name != self.join.on[1]:
                yield through(column, alias, self.words, self.distance)


@dataclass(frozen=True)
class Tables:
    """All tables by name, what points where, and which of them are entities."""

    profiles: Mapping[str, Profile]
    links: Sequence[Link]
    entities: Mapping[str, str]
    vocabulary: Vocabulary

    def best_first(self) -> list[Link]:
        """Return the links, surest first; of those as sure, columns that are called as the key they hold."""
        return sorted(self.links, key=lambda link: (-link.score, link.column != link.key))

    def is_join_only(self, table: str) -> bool:
        """Tell whether a table is no entity itself, so that others only join it."""
        return table not in self.entities


def join_candidates(record: str, tables: Tables) -> dict[str, JoinCandidate]:
    """Return alias → table that only adds its columns to the table `record`."""
    found: dict[str, JoinCandidate] = {}
    taken: Counter[str] = Counter()
    for column, candidate in [*_forwards(record, tables), *_backwards(record, tables), *_siblings(record, tables)]:
        found[_alias(candidate.join.object, column, taken)] = candidate
        for role, narrowed in _by_role(candidate, tables):
            found[_alias(f"{candidate.join.object}_{role}", column, taken)] = narrowed
    return found


def _forwards(record: str, tables: Tables) -> Iterator[tuple[str, JoinCandidate]]:
    """Yield the tables whose records the record points to."""
    for link in tables.best_first():
        # What is another table's key by accident, as the payers of a few bills, names none of its records.
        if link.table == record and link.target != record and link.main and tables.is_join_only(link.target):
            words = Words(tuple(w for w in tables.profiles[record].by_name[link.column].words.known if w != "id"))
            join = Join(link.target, (link.column, link.key), link.score)
            yield link.column, JoinCandidate(join, words, FORWARDS if link.score > SURE_LINK else UNSURE)


def _backwards(record: str, tables: Tables) -> Iterator[tuple[str, JoinCandidate]]:
    """Yield the tables that point to the record, each by its surest column."""
    seen: set[str] = set()
    # A person's e-mails may hold another number of the person than the one that names the record.
    for link in sorted(tables.best_first(), key=lambda link: not link.main):
        if link.target == record and tables.is_join_only(link.table) and link.table not in seen:
            seen.add(link.table)
            yield link.key, _pointing(link, link.key, link.where, tables)


def _siblings(record: str, tables: Tables) -> Iterator[tuple[str, JoinCandidate]]:
    """Yield the tables that point to what the record points to, as an address' e-mails point to the address."""
    seen: set[str] = set()
    for mine in tables.best_first():
        if mine.table != record or mine.target == record or not tables.is_join_only(mine.target):
            continue
        for link in tables.best_first():
            shared = (link.target, link.key) == (mine.target, mine.key)
            many = shared and not tables.profiles[link.table].is_unique((link.column,))
            if many and link.table not in {record, mine.target, *seen} and tables.is_join_only(link.table):
                seen.add(link.table)
                yield mine.column, _pointing(link, mine.column, link.where, tables)


def _pointing(link: Link, mine: str, where: tuple[str, str] | None, tables: Tables) -> JoinCandidate:
    profile = tables.profiles[link.table]
    others = _of_none_else(link, tables) if where is None else ()
    join = Join(link.table, (mine, link.column), link.score, ((where,) if where else ()) + others)
    return JoinCandidate(join, profile.words, BACKWARDS)


def _of_none_else(link: Link, tables: Tables) -> tuple[Condition, ...]:
    """Return that the columns are empty that say that a row belongs to another record, such as a person."""
    frame = tables.profiles[link.table].table.frame
    pointing = {
        other.column
        for other in tables.links
        if other.table == link.table and other.column != link.column and other.target != link.target
    }
    return tuple((name, None) for name in sorted(pointing) if LEAST_EMPTY < frame[name].isna().mean() < 1)


def _by_role(candidate: JoinCandidate, tables: Tables) -> Iterator[tuple[str, JoinCandidate]]:
    """Yield the same join for each role that rows are told apart by, as the partner who is billed."""
    profile = tables.profiles[candidate.join.object]
    column = candidate.join.on[1]
    if profile.is_unique((column,)):
        return
    for name, values in profile.values.items():
        roles = {value: tables.vocabulary.role_of[value] for value in values if value in tables.vocabulary.role_of}
        if not roles or len(values) > MOST_ROLES:
            continue
        written = {str(value).lower(): str(value) for value in profile.table.frame[name].dropna()}
        for value, role in roles.items():
            join = replace(candidate.join, where=(*candidate.join.where, (name, written[value])))
            words = Words((*candidate.words.known, role))
            yield role, JoinCandidate(join, words, candidate.distance)


def _alias(table: str, column: str, taken: Counter[str]) -> str:
    # An alias that is also the name of a column would hide it: currency.symbol, of the column currency.
    plain = "its_" + (re.sub(r"\W+", "_", table.lower()).strip("_") or "other")
    name = plain if not taken[plain] else f"{plain}_by_{re.sub(r'[^a-z0-9]+', '_', column.lower()).strip('_')}"
    taken[plain] += 1
    return name
