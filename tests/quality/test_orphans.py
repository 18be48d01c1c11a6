"""Silver rows that point to a record that their system does not have are counted by reference."""

from __future__ import annotations

import pytest

from tieout.config.models.quality import ReferenceConfig
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.rows import frame_of
from tieout.quality.orphans import count_orphans
from tieout.quality.references import Reference

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


def test_orphans_are_counted_by_reference_and_system(tables: Lakehouse) -> None:
    references = [
        _reference("account", "parent"),
        _reference("account", "payer"),
        _reference("account", "parent", systems=["erp"]),
        _reference("contact", "parent"),
        _reference("contact", "payer"),
    ]
    assert dict(_told(count_orphans(tables, references))) == {
        ("account", "parent", ""): 4,
        ("account", "payer", ""): 2,
        ("account", "parent", "erp"): 2,
        ("contact", "parent", ""): 1,
    }


def test_of_a_target_that_is_not_there_nothing_is_counted(tables: Lakehouse) -> None:
    assert count_orphans(tables, [_reference("account", "parent", target="invoice")]) == []
    assert count_orphans(tables, []) == []


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
