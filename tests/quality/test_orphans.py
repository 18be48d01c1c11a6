"""Workers find the same rows that point to nothing as Spark does."""

from __future__ import annotations

import pytest

from tieout.columnar.plan import NotColumnarError
from tieout.config.quality import ReferenceConfig
from tieout.lakehouse import Lakehouse
from tieout.quality import orphans, orphans_here
from tieout.quality.orphans import count_orphans
from tieout.quality.references import Reference
from tieout.rows import frame_of

SCHEMA = "source_system string, source_id string, parent string, payer string, employees int"
# 9 and 8 are nowhere, 7 is only in the ERP, Łódź only in the CRM.
ACCOUNTS = [
    ("crm", "1", None, None, 1),
    ("crm", "2", "1", "8", 2),
    ("crm", "Łódź", "9", "Łódź", 3),
    ("erp", "1", "Łódź", "1", 4),
    ("erp", "7", "9", None, 5),
    ("crm", "3", "9", "7", 6),
]
# The third system has no accounts.
CONTACTS = [("crm", "a", "1", None, 1), ("crm", "b", "7", None, 1), ("web", "c", "7", None, 1)]


def test_workers_count_what_spark_counts(tables: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    references = [
        _reference("account", "parent"),
        _reference("account", "payer"),
        _reference("account", "parent", systems=["erp"]),
        _reference("contact", "parent"),
        _reference("contact", "payer"),
    ]
    spark = dict(_told(count_orphans(tables, references)))
    assert spark == {("account", "parent", ""): 4, ("account", "payer", ""): 2, ("account", "parent", "erp"): 2,
                     ("contact", "parent", ""): 1}  # fmt: skip
    assert dict(_told(orphans_here.orphans_here(tables, references))) == spark
    monkeypatch.setattr(orphans, "is_small", lambda places: False)
    assert dict(_told(count_orphans(tables, references))) == spark


def test_of_a_target_that_is_not_there_nothing_is_counted(tables: Lakehouse) -> None:
    assert count_orphans(tables, [_reference("account", "parent", target="invoice")]) == []
    assert count_orphans(tables, []) == []


def test_what_is_too_much_or_no_text_is_for_spark(tables: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotColumnarError, match="employees of account"):
        orphans_here.orphans_here(tables, [_reference("account", "employees")])
    parents = [_reference("account", "parent")]
    monkeypatch.setattr(orphans, "is_small", lambda places: False)
    monkeypatch.setattr(orphans_here, "MOST", 2)
    with pytest.raises(NotColumnarError, match="too many"):
        orphans_here.orphans_here(tables, parents)
    assert count_orphans(tables, parents) == [(parents[0], 4)]


@pytest.fixture
def tables(lake: Lakehouse) -> Lakehouse:
    """Return a lakehouse with accounts, in two files, and contacts."""
    for rows in (ACCOUNTS[:3], ACCOUNTS[3:]):
        lake.append("silver", "account", frame_of(lake.spark, rows, SCHEMA))
    lake.append("silver", "contact", frame_of(lake.spark, CONTACTS, SCHEMA))
    return lake


def _reference(entity: str, field: str, target: str = "account", systems: list[str] | None = None) -> Reference:
    return Reference(entity, field, target, ReferenceConfig(systems=systems or []))


def _told(counts: list[tuple[Reference, int]]) -> list[tuple[tuple[str, str, str], int]]:
    return [((item.entity, item.field, "".join(item.config.systems)), count) for item, count in counts]
