"""The entity that a table holds, and the canonical field of each of its columns, guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from tieout.config.models.entity import EntityConfig
from tieout.onboarding.columns import Column, Profile
from tieout.onboarding.content import fit, known_values, tells_alone
from tieout.onboarding.relations import Link
from tieout.onboarding.vocabulary import FieldWords, Vocabulary, Words, likeness

# Below this a guess is left out; a person finds a wrong one later than a missing one.
LEAST_SURE = 0.3
CONTRADICTED = 0.3
# What the values of an empty column say.
UNSEEN = 0.1
CALLED, NOT_CALLED = 3.0, -4.0
MISSING_REQUIRED = -0.7
# A field whose values speak for themselves this much, such as a contact's company, is missed.
ESSENTIAL = 0.7
MISSING_ESSENTIAL = -2.5
LEAST_ENTITY = 2.2
THROUGH_JOIN = 0.12
POINTER = 0.3
# How sure values make us that a code list of the field knows.
LISTED = 0.45
SURE_CANDIDATE = 0.9
WEAKER_TABLE = 0.5


@dataclass(frozen=True)
class Guess:
    """One canonical field: the column that it takes, how sure that is, and why."""

    field: str
    column: Column
    sure: float


@dataclass(frozen=True)
class Targets:
    """Where the columns of one table point to: path of a column → entity, once the entities of tables are known.

    `to_join_only` are the columns that point to tables that are no entity and that others only join.
    """

    entities: Mapping[str, str]
    complete: bool
    to_join_only: frozenset[str] = frozenset()


def confidence(
    column: Column, field: FieldWords, table: frozenset[str], vocabulary: Vocabulary, targets: Targets
) -> float:
    """Return how sure it is that a column is a field, from its name and its values, 0 to 1."""
    named = likeness(column.words, field, table, vocabulary)
    if column.content.empty:
        return max(0.0, named * (0.55 + 0.45 * UNSEEN) - column.distance)
    if field.kind == "reference":
        return _reference(named, column, field, targets)
    suits, alone = _values(column, field)
    if suits < CONTRADICTED:
        return 0.0
    by_name = named * (0.55 + 0.45 * suits)
    together = max(alone, by_name) + (0.1 * alone if by_name else 0.0) - column.distance
    # What points to a table of names is a number; the name behind it says more. What names a customer is a reference.
    points = column.path in targets.entities or (column.name in targets.to_join_only and column.via is None)
    return min(1.0, max(0.0, together - (POINTER if points else 0.0)))


def _values(column: Column, field: FieldWords) -> tuple[float, float]:
    """Return how well the values suit a field, and how sure they make us without a name."""
    content = column.content
    suits = min(1.0, fit(content, field.kind))
    if field.lookup is not None and suits >= CONTRADICTED:
        known = known_values(content, content.lists.first_column(field.lookup))
        return 0.35 + 0.65 * known, LISTED if known > 0.8 else 0.0
    return suits, field.alone * suits if tells_alone(content, field.kind) else 0.0


def _reference(named: float, column: Column, field: FieldWords, targets: Targets) -> float:
    entity = targets.entities.get(column.path)
    if column.via is not None:
        # Another table's column must also sound like it: its rows speak of more than this record.
        return max(0.0, named - column.distance) if entity == field.to else 0.0
    if entity == field.to:
        return min(1.0, max(field.alone, 0.35 if named else 0.0) + 0.5 * named)
    if targets.complete and (entity is not None or not column.content.empty):
        return 0.0
    return named * (0.55 + 0.45 * fit(column.content, "reference"))


def assign(
    columns: Sequence[Column], entity: str, table: Words, vocabulary: Vocabulary, targets: Targets
) -> list[Guess]:
    """Give each field of an entity one column, so that together they are as likely as can be."""
    fields = vocabulary.fields.get(entity, {})
    if not columns or not fields:
        return []
    own = frozenset(table.known)
    names = list(fields)
    sure = np.array(
        [[confidence(column, fields[name], own, vocabulary, targets) for column in columns] for name in names]
    )
    chosen = zip(*linear_sum_assignment(-np.where(sure >= LEAST_SURE, sure, 0.0)), strict=True)
    return [
        Guess(names[row], columns[at], round(float(sure[row, at]), 2))
        for row, at in chosen
        if sure[row, at] >= LEAST_SURE
    ]


def entity_score(
    profile: Profile, entity: str, config: EntityConfig, vocabulary: Vocabulary, targets: Targets
) -> float:
    """Return how much a table looks like an entity: its fields, what must be there, and what it is called."""
    guesses = assign(profile.columns, entity, profile.words, vocabulary, targets)
    found = {guess.field for guess in guesses}
    full_name = {"first_name", "last_name"} <= found
    words = vocabulary.fields[entity]
    missing = [
        name
        for name, field in config.fields.items()
        if field.required and name not in found and not (name == "full_name" and full_name)
    ]
    essential = [name for name, field in words.items() if field.alone >= ESSENTIAL and name not in found]
    score = sum(guess.sure for guess in guesses) + _called(profile.words, entity, vocabulary)
    score += MISSING_REQUIRED * len(missing)
    return score + (MISSING_ESSENTIAL * len(essential) if targets.complete else 0.0)


def _called(words: Words, entity: str, vocabulary: Vocabulary) -> float:
    names = vocabulary.tables.get(entity)
    if names is None:
        return 0.0
    if any(word in words.known for word in vocabulary.never):
        return -10.0
    if any(set(phrase.split()) <= set(words.known) for phrase in names.never):
        return NOT_CALLED
    fits = [len(phrase.split()) for phrase in names.called if set(phrase.split()) <= set(words.known)]
    return CALLED + 0.5 * max(fits) if fits else 0.0


def entities_of(
    profiles: Sequence[Profile],
    links: Sequence[Link],
    entities: Mapping[str, EntityConfig],
    vocabulary: Vocabulary,
) -> dict[str, str]:
    """Return table → entity, for the tables that look enough like one; an entity may have several of the same name.

    Judged twice: what points to a customer is known once it is known which table holds the customers.
    """
    first: dict[str, str] = {}
    return _entities(profiles, links, entities, vocabulary, _entities(profiles, links, entities, vocabulary, first))


def _entities(
    profiles: Sequence[Profile],
    links: Sequence[Link],
    entities: Mapping[str, EntityConfig],
    vocabulary: Vocabulary,
    known: Mapping[str, str],
) -> dict[str, str]:
    targets = {one.name: targets_of(one, links, known) if known else Targets({}, complete=False) for one in profiles}
    scores = {
        (profile.name, entity): entity_score(profile, entity, config, vocabulary, targets[profile.name])
        + 0.4
        * min(6, sum(link.target == profile.name and link.table != profile.name for link in _one_a_table(links)))
        * (entity in {"account"})
        for profile in profiles
        for entity, config in entities.items()
        if entity in vocabulary.fields
    }
    best: dict[str, str] = {}
    words = {profile.name: profile.words for profile in profiles}
    for profile in profiles:
        mine = {entity: score for (name, entity), score in scores.items() if name == profile.name}
        entity = max(mine, key=lambda one: mine[one])
        if mine[entity] >= LEAST_ENTITY:
            best[profile.name] = entity
    chosen: dict[str, str] = {}
    for entity in set(best.values()):
        tables = sorted((name for name in best if best[name] == entity), key=lambda name: -scores[name, entity])
        least = WEAKER_TABLE * scores[tables[0], entity]
        keep = [n for n in tables[1:] if _called(words[n], entity, vocabulary) > 0 and scores[n, entity] >= least]
        chosen |= dict.fromkeys([tables[0], *keep], entity)
    return {profile.name: chosen[profile.name] for profile in profiles if profile.name in chosen}


def _one_a_table(links: Sequence[Link]) -> list[Link]:
    return list({(link.table, link.target): link for link in links}.values())


def targets_of(profile: Profile, links: Sequence[Link], entities: Mapping[str, str]) -> Targets:
    """Return to which entity each column of a table points, by the surest link."""
    found: dict[str, tuple[float, str]] = {}
    for link in links:
        if link.table == profile.name and link.target in entities and link.main:
            found[link.column] = max(found.get(link.column, (0.0, "")), (link.score, entities[link.target]))
    to_join_only = {
        link.column
        for link in links
        if link.table == profile.name and link.target not in (*entities, profile.name) and link.score > SURE_CANDIDATE
    }
    return Targets(
        {column: entity for column, (_, entity) in found.items()}, True, frozenset(to_join_only) - set(found)
    )


def through(column: Column, via: str, words: Words, distance: float = THROUGH_JOIN) -> Column:
    """Return a column as it is seen through a join: its words follow those that lead to it."""
    together = Words(tuple(dict.fromkeys(words.known + column.words.known)), column.words.number)
    return replace(column, via=via, words=together, distance=distance)
