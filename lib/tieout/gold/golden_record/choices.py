"""The fields of a golden record, and the rule that chooses each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from tieout.config.base import nearest
from tieout.config.models.entity import EntityConfig
from tieout.config.models.survivorship import Criterion, FieldRule, SurvivorshipConfig
from tieout.errors import Problem
from tieout.gold.records import REFERENCE_SUFFIX, TIEOUT_ID, golden_reference

KEYS = ("source_system", "source_id", TIEOUT_ID)


@dataclass(frozen=True)
class Choice:
    """One choice to be made for each golden record: a field, or fields that stay together."""

    name: str
    fields: tuple[str, ...]
    needs: tuple[str, ...]
    rule: FieldRule

    @property
    def by_frequency(self) -> bool:
        """Tell whether the choice counts how often a value occurs."""
        return "most_frequent" in self.order

    @property
    def order(self) -> list[Criterion]:
        """Return what decides after the owner."""
        return self.rule.order or []

    @property
    def leading(self) -> int:
        """Return how many criteria come before those of `order`: completeness of the group, owner's rank."""
        return 2 if self.needs else 1


def golden_fields(columns: list[str], config: SurvivorshipConfig) -> list[str]:
    """Return the golden record's fields: all of the records' but keys, references and system columns."""
    return [
        name
        for name in columns
        if name not in KEYS
        and name not in config.ignore
        and not name.startswith("_")
        and not name.endswith(REFERENCE_SUFFIX)
    ]


def unknown_fields(fields: list[str], config: SurvivorshipConfig) -> Iterator[Problem]:
    """Yield a problem for each name in a survivorship config that is no field of the golden record."""
    named: list[tuple[tuple[int | str, ...], str]] = [(("fields", name), name) for name in config.fields]
    named += [(("ignore", n), name) for n, name in enumerate(config.ignore)]
    for group, rule in config.together.items():
        named += [(("together", group, "fields", n), name) for n, name in enumerate(rule.fields)]
        named += [(("together", group, "needs", n), name) for n, name in enumerate(rule.needs)]
    for keys, name in named:
        if name not in fields:
            message = f"the golden record has no field {name!r}.{nearest(name, fields)} It has: {', '.join(fields)}"
            where = f"conf/survivorship: {config.entity}: {'.'.join(map(str, keys))}"
            yield Problem(message, key=where, item=config, keys=keys)


def field_rules(
    fields: list[str], config: SurvivorshipConfig, entity: EntityConfig | None = None
) -> dict[str, FieldRule]:
    """Return each field's rule: its own or its group's; the owner named in the entity where there is none."""
    groups = {field: group for group in config.together.values() for field in group.fields}
    entity_owners = _entity_owners(entity)
    rules = {}
    for field in fields:
        rule = groups[field] if field in groups else config.fields.get(field, FieldRule())
        order = rule.order or config.order
        owner = rule.owner if rule.owner is not None else entity_owners.get(field)
        rules[field] = rule.model_copy(update={"order": order, "owner": owner})
    return rules


def _entity_owners(entity: EntityConfig | None) -> dict[str, list[str]]:
    if entity is None:
        return {}
    owners = {name: [field.owner] for name, field in entity.fields.items() if field.owner}
    return owners | {golden_reference(name): owner for name, owner in owners.items()}


def choices_of(fields: list[str], config: SurvivorshipConfig, rules: dict[str, FieldRule]) -> list[Choice]:
    """Return the choices to be made: one for each group of fields, one for each other field."""
    choices = []
    grouped: set[str] = set()
    for name, group in config.together.items():
        members = tuple(field for field in group.fields if field in fields)
        if members:
            needs = tuple(field for field in group.needs if field in fields)
            choices.append(Choice(f"_group_{name}", members, needs, rules[members[0]]))
            grouped.update(members)
    singles = [Choice(f"_field_{f}", (f,), (), rules[f]) for f in fields if f not in grouped]
    return choices + singles


def owner_rank(owners: list[str], kinds: Mapping[str, str], system: Column | None = None) -> Column:
    """Return the rank (int, higher is better, 0 = no owner) of a system among owners.

    `system` is the row's `source_system` unless given; `kinds` is system → kind.
    """
    system = F.col("source_system") if system is None else system
    ranks: dict[int, list[str]] = {}
    for name, kind in kinds.items():
        places = [len(owners) - i for i, owner in enumerate(owners) if owner in (name, kind)]
        if places:
            ranks.setdefault(max(places), []).append(name)
    rank = F.lit(0)
    for place, names in sorted(ranks.items()):
        rank = F.when(system.isin(names), place).otherwise(rank)
    return rank
