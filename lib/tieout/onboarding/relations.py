"""Columns that name a table's rows or point to the rows of another table, by values, then by names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from tieout.onboarding.columns import Column, Profile, key_form
from tieout.onboarding.vocabulary import UNKNOWN

HELD, HELD_NAMED, HELD_MOSTLY = 0.95, 0.8, 0.7
# Of a table of which only the first rows are known, fewer of the values can be there.
HELD_IN_PART = 0.3
LEAST_SHARED = 5
# Shorter keys, such as small numbers, are held by accident, unless names say the same.
SHORT_KEY = 7
LIKELY_KEYS = 8
LONGEST_KEY = 60
DECIMALS = re.compile(r"^-?\d+[.,]\d+-?$")
# What never is a part of a key's name.
NO_KEY = {"name", "parent", "amount", "price", "date", "revenue", "limit", "phone", "cost", "due"}
SURE_KEY = 0.5
MOST_USED = 5.0
MOSTLY_FLAGS = 0.5
# A column that names tables names no more than these.
MOST_TABLES = 20


@dataclass(frozen=True)
class Link:
    """Values of `column` of one table are the `key` of another; `score` tells how surely, 0 to 1.

    `main` tells whether that key is the one that names the other table's records. `where` is a column and the
    value that it has in the rows of which this holds, where one column points to several tables.
    """

    table: str
    column: str
    target: str
    key: str
    score: float
    main: bool = False
    where: tuple[str, str] | None = None


def key_of(profile: Profile, used: Counter[tuple[str, str]]) -> tuple[tuple[str, ...], bool]:
    """Return the columns that name a record, and whether they do so without repeats in each file.

    Of several that would do, the one wins that other tables point to, is called an id, and stands first.
    """
    likely = [column for column in profile.by_name.values() if _may_be_key(column)]
    single = [column for column in likely if profile.is_unique((column.name,))]
    best = max(single, key=lambda column: _key_score(profile, column, used), default=None)
    if best is not None and _key_score(profile, best, used) >= SURE_KEY:
        return (best.name,), True
    ordered = sorted(likely, key=lambda column: -_key_score(profile, column, used))[:LIKELY_KEYS]
    for size in (2, 3, 4):
        for names in combinations([column.name for column in ordered], size):
            if profile.is_unique(names):
                return names, True
    if best is not None:
        return (best.name,), True
    fallback = ordered[0].name if ordered else next(iter(profile.by_name))
    return (fallback,), False


def _may_be_key(column: Column) -> bool:
    content = column.content
    # Three numbered rows have a 1 among them and are no yes and no.
    flags = content.flags > MOSTLY_FLAGS
    if content.empty or content.dates or flags or content.facts.length > LONGEST_KEY:
        return False
    return content.share(lambda value: " " in value or "@" in value or DECIMALS.search(value)) < 0.2


def _key_score(profile: Profile, column: Column, used: Counter[tuple[str, str]]) -> float:
    words = set(column.words.known)
    own = bool(words & set(profile.words.known) - {UNKNOWN})
    never = bool(words & NO_KEY)
    position = list(profile.by_name).index(column.name) / max(len(profile.by_name), 1)
    called = 2.0 * ("id" in words) * (1 if len(words) <= 2 else 0.5) + 1.0 * own
    # Numbers and codes are ids for people; what is called an id is one for machines.
    plain = column.name.lower().removesuffix(".value")
    called += 1.5 * plain.endswith("id") + 1.0 * (plain == "id")
    return called + min(MOST_USED, 1.5 * used[(profile.name, column.name)]) - position - 2.0 * never


def find_links(profiles: Sequence[Profile]) -> list[Link]:
    """Return every column whose values are those of another table's unique column (or its own: a parent)."""
    links = []
    for target in profiles:
        keys = [name for name in target.by_name if _names_rows(target, name)]
        for source in profiles:
            where = _rows_about(source, target)
            for column in source.by_name.values():
                if _may_be_key(column):
                    found = [_link(source, column, target, key, where) for key in keys]
                    links += [link for link in found if link is not None]
    return links


def _names_rows(target: Profile, name: str) -> bool:
    # What is the same in all rows, such as the number of a client, names none of them.
    return _may_be_key(target.by_name[name]) and len(target.values[name]) > 1 and target.is_unique((name,))


def _rows_about(source: Profile, target: Profile) -> tuple[str, str] | None:
    """Return the column of a table whose values are names of tables, and the target's, where there is one."""
    if source.name == target.name:
        return None
    for name, values in source.values.items():
        if 1 < len(values) <= MOST_TABLES and target.name.lower() in values:
            written = source.table.frame[name].dropna()
            return name, str(written[written.map(key_form) == target.name.lower()].iloc[0])
    return None


def _values(source: Profile, column: str, where: tuple[str, str] | None) -> frozenset[str]:
    if where is None or column == where[0]:
        return source.values[column]
    frame = source.table.frame
    return frozenset(map(key_form, frame.loc[frame[where[0]] == where[1], column].dropna()))


def _link(source: Profile, column: Column, target: Profile, key: str, where: tuple[str, str] | None) -> Link | None:
    if source.name == target.name and column.name == key:
        return None
    theirs = target.values[key]
    # Of rows about several tables, the few that are looked at may all be about another one.
    if where is None and theirs.isdisjoint(source.probes[column.name]):
        return None
    mine = _values(source, column.name, where)
    shared = len(mine & theirs)
    # Zeros are how some systems write that there is none.
    wanted = len([value for value in mine if value.strip("0")])
    held = shared / max(wanted, 1)
    telling = shared >= LEAST_SHARED and _telling(theirs)
    alike = _alike(source, column, target, key)
    named = HELD_NAMED if alike and shared >= LEAST_SHARED else HELD
    least = HELD_IN_PART if not target.table.whole else HELD_MOSTLY if telling else named
    if held < least or not shared or not (alike or telling):
        return None
    score = min(1.0, 0.5 * held + (0.5 if alike else 0.3))
    return Link(source.name, column.name, target.name, key, score, where=where)


def _alike(source: Profile, column: Column, target: Profile, key: str) -> bool:
    """Tell whether the column's name is the key's, or speaks of the other table."""
    if column.name.lower() == key.lower() and source.name != target.name and len(key) > 2:
        return True
    words = set(column.words.known) - {"id", "name", UNKNOWN}
    return bool(words & (set(target.words.known) | set(target.by_name[key].words.known)))


def _telling(keys: frozenset[str]) -> bool:
    """Tell whether keys are so long that values are unlikely to be among them by accident."""
    return min(len(key) for key in keys) >= SHORT_KEY


def pointed_at(links: Sequence[Link]) -> Counter[tuple[str, str]]:
    """Return how many tables point to each column, by (table, column)."""
    pairs = {(link.target, link.key, link.table) for link in links if link.table != link.target}
    return Counter((target, key) for target, key, _ in pairs)
