"""All row-wise rules of an entity as one number per row, in one pass.

Bit n of `_broken` says that the row breaks rule n. One number costs a hundredth of a list of texts,
and the few rows that are rejected get their words from it later.
"""

from __future__ import annotations

from dataclasses import dataclass

from tieout.config.models.entity import EntityConfig
from tieout.config.models.quality import ExpectationConfig, QualityConfig
from tieout.platform.sql import literal
from tieout.quality.expectations import row_sql

BROKEN = "_broken"
MAX_RULES = 63


@dataclass(frozen=True)
class Rule:
    """One row-wise rule: `fails` is SQL that is TRUE, never NULL, for a row that breaks it."""

    name: str
    reason: str
    severity: str
    on_fail: str
    fails: str
    expectation: ExpectationConfig | None = None
    column: str | None = None


def row_rules(entity: EntityConfig, quality: QualityConfig | None) -> list[Rule]:
    """Return every row-wise rule: readable row, key, readable values, expectations, references that quarantine.

    The SQL reads the entity's fields and `source_id`, `_corrupt`, `_unreadable`, and for each
    checked reference `_known_<field>` (TRUE where the record that it points to exists). Raises
    ValueError for an expectation with wrong arguments or for more rules than fit.
    """
    rules = [
        Rule("readable row", "the row cannot be read", "critical", "quarantine", "_corrupt IS NOT NULL"),
        Rule("key", "a record without its key cannot be found again", "critical", "quarantine", "source_id IS NULL"),
        *_readable(entity, quality),
    ]
    if quality is not None:
        rules += [rule for expectation in quality.expectations if (rule := _expected(expectation)) is not None]
        rules += _references(entity, quality)
    if len(rules) > MAX_RULES:
        raise ValueError(f"{len(rules)} row-wise rules for {entity.entity}; there is room for {MAX_RULES}")
    return rules


def broken(rules: list[Rule]) -> str:
    """Return SQL of the number whose bit n is set where rule n is broken; an unreadable row breaks one rule."""
    bits = " + ".join(f"if({rule.fails}, {1 << n}L, 0L)" for n, rule in enumerate(rules) if n) or "0L"
    return f"if({rules[0].fails}, 1L, {bits})"


def mask(rules: list[Rule], on_fail: str = "quarantine") -> int:
    """Return the number with the bits of the rules with this consequence."""
    return sum(1 << n for n, rule in enumerate(rules) if rule.on_fail == on_fail)


def _readable(entity: EntityConfig, quality: QualityConfig | None) -> list[Rule]:
    chosen = quality.unreadable if quality is not None else {}
    return [
        Rule(
            f"{name}: readable", f"{name} is not a {_words(field.type)}", "warning",
            chosen.get(name, "quarantine"), f"_unreadable & {1 << n}L <> 0", None, name,
        )
        for n, (name, field) in enumerate(entity.fields.items())
        if field.type != "string"
    ]  # fmt: skip


def _words(kind: str) -> str:
    if kind.startswith("decimal") or kind in ("int", "bigint", "double"):
        return "number that can be read"
    return {"boolean": "yes or no", "date": "date that exists", "timestamp": "time that exists"}.get(kind, kind)


def _only(systems: list[str], fails: str) -> str:
    return f"source_system IN ({', '.join(map(literal, systems))}) AND {fails}" if systems else fails


def _expected(expectation: ExpectationConfig) -> Rule | None:
    passes = row_sql(expectation.type, expectation.kwargs)
    if passes is None:
        return None
    fails = _only(expectation.systems, f"NOT coalesce({passes}, TRUE)")
    return Rule(
        expectation.rule, expectation.reason, expectation.severity, expectation.on_fail, fails, expectation,
        expectation.kwargs.get("column"),
    )  # fmt: skip


def _references(entity: EntityConfig, quality: QualityConfig) -> list[Rule]:
    return [
        Rule(
            f"{name}: exists", reference.reason, "warning", reference.on_fail,
            _only(reference.systems, f"({name} IS NOT NULL AND _known_{name} IS NULL)"), None, name,
        )
        for name, reference in quality.references.items()
        if reference.on_fail == "quarantine" and name in entity.references()
    ]  # fmt: skip
