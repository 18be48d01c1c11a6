"""A first config as a draft: objects with keys, joins, entities and fields, each with how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tieout.config.models.entity import EntityConfig
from tieout.onboarding.columns import Column, Profile, labels_of, profile
from tieout.onboarding.content import Lists
from tieout.onboarding.guess import Guess, Targets, assign, entities_of, targets_of, through
from tieout.onboarding.join_candidates import Join, JoinCandidate, Tables, join_candidates
from tieout.onboarding.relations import Link, find_links, key_of, pointed_at
from tieout.onboarding.sample import Table
from tieout.onboarding.vocabulary import FieldWords, Vocabulary, Words, likeness

# A date that says when a record changed must sound like it.
SURE_STAMP = 0.5
# An address of the record's own, not a column that only looks a little like a part of one.
OWN_FIELD = 0.55


@dataclass
class ObjectDraft:
    """One table as the config would have it."""

    profile: Profile
    key: tuple[str, ...]
    key_unique: bool
    entity: str | None = None
    joins: dict[str, Join] = field(default_factory=dict)
    guesses: dict[str, Guess] = field(default_factory=dict)
    modified: Column | None = None
    deleted: Column | None = None

    @property
    def name(self) -> str:
        """Return the object's name: its table's."""
        return self.profile.name

    def unmapped(self) -> list[str]:
        """Return the columns that hold something and that nothing of this draft uses."""
        used = {guess.column.name for guess in self.guesses.values() if guess.column.via is None}
        used |= {*self.key, *(join.on[0] for join in self.joins.values())}
        used |= {column.name for column in (self.modified, self.deleted) if column}
        return [name for name, column in self.profile.by_name.items() if name not in used and not column.content.empty]


def draft(
    tables: Sequence[Table], entities: Mapping[str, EntityConfig], vocabulary: Vocabulary, lists: Lists
) -> list[ObjectDraft]:
    """Guess a config for these tables; entities come first in the order of `entities`, then what is only joined."""
    labels = labels_of(tables)
    profiles = [profile(table, vocabulary, lists, labels) for table in tables]
    links = find_links(profiles)
    used = pointed_at(links)
    keys = {one.name: key_of(one, used) for one in profiles}
    links = [replace(link, main=keys[link.target][0] == (link.key,)) for link in links]
    chosen = entities_of(profiles, links, entities, vocabulary)
    drafts = {
        one.name: ObjectDraft(
            one, *keys[one.name], chosen.get(one.name), modified=_stamp(one, vocabulary), deleted=_flag(one, vocabulary)
        )
        for one in profiles
    }
    for item in drafts.values():
        if item.entity is not None:
            _fill(item, drafts, links, chosen, vocabulary)
    order = list(entities)
    return sorted(drafts.values(), key=lambda one: order.index(one.entity) if one.entity else len(order))


def _fill(
    item: ObjectDraft,
    drafts: Mapping[str, ObjectDraft],
    links: Sequence[Link],
    chosen: Mapping[str, str],
    vocabulary: Vocabulary,
) -> None:
    assert item.entity is not None
    profiles = {name: one.profile for name, one in drafts.items()}
    possible = join_candidates(item.name, Tables(profiles, links, chosen, vocabulary))
    columns = list(item.profile.columns)
    for alias, candidate in possible.items():
        columns += candidate.columns(alias, profiles[candidate.join.object])
    targets = _with_joined(targets_of(item.profile, links, chosen), possible, profiles, links, chosen)
    guesses = assign(columns, item.entity, item.profile.words, vocabulary, targets)
    item.guesses = {guess.field: guess for guess in guesses}
    _inherit(item, drafts, links, chosen, vocabulary)
    aliases = {guess.column.via for guess in item.guesses.values()}
    item.joins |= {alias: candidate.join for alias, candidate in possible.items() if alias in aliases}
    for name, origin in vocabulary.same_as.get(item.entity, {}).items():
        if origin in item.guesses and name not in item.guesses:
            same = item.guesses[origin]
            item.guesses[name] = Guess(name, same.column, round(0.9 * same.sure, 2))


def _with_joined(
    targets: Targets,
    possible: Mapping[str, JoinCandidate],
    profiles: Mapping[str, Profile],
    links: Sequence[Link],
    chosen: Mapping[str, str],
) -> Targets:
    """Add where the columns of joined tables point to, by their paths: a parent may stand in a table of its own."""
    joined = {
        f"{alias}.{column}": entity
        for alias, candidate in possible.items()
        for column, entity in targets_of(profiles[candidate.join.object], links, chosen).entities.items()
    }
    return replace(targets, entities={**targets.entities, **joined})


def _inherit(
    item: ObjectDraft,
    drafts: Mapping[str, ObjectDraft],
    links: Sequence[Link],
    chosen: Mapping[str, str],
    vocabulary: Vocabulary,
) -> None:
    """Take fields from the record that this one points to, where it has none of its own."""
    rule = vocabulary.inherit.get(item.entity or "")
    pointer = item.guesses.get(rule.through) if rule else None
    if rule is None or pointer is None:
        return
    if any(item.guesses[name].sure >= OWN_FIELD for name in rule.fields if name in item.guesses):
        return
    fitting = [link for link in links if link.main and (link.table, link.column) == (item.name, pointer.column.name)]
    to = vocabulary.fields[item.entity or ""][rule.through].to
    link = max((link for link in fitting if chosen.get(link.target) == to), key=lambda link: link.score, default=None)
    if link is None:
        return
    parent = drafts[link.target]
    if not parent.guesses:
        _fill(parent, drafts, links, chosen, vocabulary)
    inherited = [name for name in rule.fields if name in parent.guesses]
    if inherited:
        # First, because joins to what adds columns to the parent start from it.
        alias = f"of_{to}"
        item.joins = {alias: Join(link.target, (link.column, link.key), link.score)} | item.joins
        for name in inherited:
            _take(item, parent, alias, name)


def _take(item: ObjectDraft, parent: ObjectDraft, alias: str, name: str) -> None:
    """Give a draft one field as its parent has it, through the parent's own join where it has one."""
    guess = parent.guesses[name]
    inner = guess.column.via
    if inner is not None:
        join = parent.joins[inner]
        item.joins[inner] = replace(join, on=(f"{alias}.{join.on[0]}", join.on[1]))
    column = through(guess.column, inner or alias, Words(()), 0.0)
    item.guesses[name] = Guess(name, column, round(0.9 * guess.sure, 2))


def _stamp(one: Profile, vocabulary: Vocabulary) -> Column | None:
    """Return the date that says when a row last changed."""
    return _named(one, vocabulary.modified, vocabulary, "date")


def _flag(one: Profile, vocabulary: Vocabulary) -> Column | None:
    """Return the yes-or-no column that says that a row was deleted."""
    return _named(one, vocabulary.deleted, vocabulary, "flag")


def _named(one: Profile, phrases: list[str], vocabulary: Vocabulary, kind: str) -> Column | None:
    words = FieldWords(called=phrases, kind=kind)
    # What makes a column something else elsewhere is what is looked for here.
    plain = vocabulary.model_copy(update={"others": []})
    found: list[tuple[float, Column]] = []
    for column in one.by_name.values():
        score = likeness(column.words, words, frozenset(), plain) if phrases else 0.0
        fits = column.content.dates if kind == "date" else column.content.flags
        if score >= SURE_STAMP and fits > 0.5:
            found.append((score, column))
    return max(found, key=lambda pair: pair[0])[1] if found else None
