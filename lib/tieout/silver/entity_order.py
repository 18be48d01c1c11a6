"""The order in which entities are conformed: each after those that it refers to."""

from __future__ import annotations

from tieout.config.models.entity import EntityConfig


def in_order(entities: dict[str, EntityConfig]) -> list[str]:
    """Return the entities so that each comes after those that it refers to."""
    ordered: list[str] = []

    def visit(name: str, above: frozenset[str]) -> None:
        if name in ordered or name in above or name not in entities:
            return
        for target in entities[name].references().values():
            visit(target, above | {name})
        ordered.append(name)

    for name in entities:
        visit(name, frozenset())
    return ordered
