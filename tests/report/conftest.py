"""A small lakehouse made by hand, and a context over it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from tieout.config import Config, load_config
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse

from .examples import HOSTILE

AT = datetime(2026, 9, 30, 10, 15, tzinfo=UTC)
MONEY = "decimal(18,2)"
TODAY = date(2026, 9, 30)


def money(*amounts: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in amounts)


TABLES: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "gold.customer": (
        "tieout_id string, name string, systems array<string>, record_count int",
        [
            ("c1", HOSTILE, ["erp", "crm"], 3),
            ("c2", "Acme", ["crm", "erp"], 2),
            ("c3", "Nordwind", ["erp"], 1),
            ("c4", "Delta", ["crm"], 1),
        ],
    ),
    "gold.customer_360": (
        f"tieout_id string, name string, open_pipeline {MONEY}, invoiced {MONEY}, contract_value {MONEY}, "
        f"revenue_at_risk {MONEY}, overdue {MONEY}, open_receivables {MONEY}, credit_block boolean, "
        "oldest_open_case_days int",
        [
            ("c1", HOSTILE, *money(0, 50, 70, 30, 5, 9), True, 40),
            ("c2", "Acme", *money(10, 20, 0, 0, 0, 1), False, None),
            ("c3", "Nordwind", *money(0, 90, 0, 60, 2, 2), False, 3),
            ("c4", "Delta", *money(80, 0, 0, 0, 0, 0), False, None),
        ],
    ),
    "gold.metric": (
        "metric string, team string, label string, version int, as_of date, value decimal(24,4), "
        "unit string, members bigint, wording string, owner string",
        [
            ("active_customer", "sales", "Active", 1, TODAY, Decimal(2), "customers", 2, "w", "o"),
            ("active_customer", "finance", "Active", 1, TODAY, Decimal(3), "customers", 3, "w", "o"),
        ],
    ),
    "gold.metric_member": (
        "metric string, team string, tieout_id string, value decimal(24,4), why array<string>",
        [
            ("active_customer", "sales", "c2", Decimal(1), None),
            ("active_customer", "sales", "c4", Decimal(1), None),
            ("active_customer", "finance", "c1", Decimal(1), None),
            ("active_customer", "finance", "c2", Decimal(1), None),
            ("active_customer", "finance", "c3", Decimal(1), None),
            ("active_customer", "finance", None, Decimal(1), None),
            ("revenue_at_risk", "success", "c1", Decimal(30), ["credit block", "overdue"]),
            ("revenue_at_risk", "success", "c3", Decimal(60), ["overdue"]),
        ],
    ),
    "gold.tie_out": (
        f"tieout_id string, period string, crm_amount {MONEY}, ordered {MONEY}, invoiced {MONEY}, "
        f"paid {MONEY}, not_due {MONEY}, difference {MONEY}, status string, reason_code string",
        [
            ("c1", "2026Q1", *money(100, 100, 100, 100, 0, 0), "tied", None),
            ("c1", "2026Q2", *money(90, 90, 60, 40, 10, 40), "differing", "ordered_not_invoiced"),
            (None, "2026Q2", *money(0, 0, 25, 25, 0, -25), "differing", "no_customer"),
        ],
    ),
    "gold.tie_out_line": (
        f"chain_id string, tieout_id string, period string, crm_amount {MONEY}, ordered {MONEY}, "
        f"invoiced {MONEY}, paid {MONEY}, not_due {MONEY}, ordered_gap {MONEY}, invoiced_gap {MONEY}, "
        f"paid_gap {MONEY}, difference {MONEY}, status string, reason_code string, documents array<string>",
        [
            ("crm:1", "c1", "2026Q1", *money(100, 100, 100, 100, 0, 0, 0, 0, 0), "tied", None, ["deal crm:1"]),
            # Won in one quarter, ordered and invoiced in the next, not paid in full.
            ("crm:2", "c1", "2026Q2", *money(90, 0, 0, 0, 0, 90, 0, 0, 90), "differing", "timing", ["deal crm:2"]),
            ("crm:2", "c1", "2026Q3", *money(0, 90, 90, 50, 0, -90, 0, 40, -50), "differing", "timing",
             ["invoice erp:7", "order erp:6"]),
            ("erp:9", None, "2026Q2", *money(0, 0, 25, 25, 0, 0, -25, 0, -25), "differing", "no_customer",
             ["invoice erp:9"]),
            ("crm:4", "c2", "2026Q2", *money(8, 0, 0, 0, 0, 8, 0, 0, 8), "differing", "unexplained", ["deal crm:4"]),
        ],
    ),
    "gold.discrepancy": (
        "tieout_id string, entity string, field string, owner_system string, values map<string,string>",
        [
            ("c1", "account", "phone", "crm", {"crm:1": "+49 1", "erp:2": "</script>"}),
            ("c2", "account", "phone", "erp", {"crm:3": "+49 2", "erp:4": "+49 3"}),
            ("c2", "account", "city", "erp", {"crm:3": "Ulm", "erp:4": "Bonn"}),
        ],
    ),
    "gold.outbox": (
        "event_id string, target_system string, entity string, field string",
        [
            ("e1", "erp", "account", "phone"),
            ("e2", "erp", "account", "phone"),
            ("e3", "crm", "account", "city"),
        ],
    ),
    "silver.account": (
        "source_system string, source_id string, name string, _modified_at timestamp",
        [("crm", "1", HOSTILE, AT), ("erp", "2", "ACME", AT), ("crm", "3", "Acme", AT)],
    ),
    "silver.quarantine": (
        "quarantine_id string, entity string, source_system string, object string, source_id string, "
        "rule string, reason string, severity string, raw_json string, state string",
        [
            *[(f"q{n}", "account", "erp", "KUNDE", f"{n}", "name: not_be_null", "none", "critical", "{}",
               "open") for n in range(5)],
            ("q7", "contact", "crm", "Person", "7", "orphan", HOSTILE, "warning", "<b>" * 300, "open"),
            ("q8", "contact", "crm", "Person", "8", "orphan", "gone", "warning", "{}", "released"),
        ],
    ),
    "silver.quality_result": (
        "run_id string, entity string, rule string, on_fail string, success boolean, at timestamp",
        [
            ("r1", "account", "name", "stop", False, AT),
            ("r2", "account", "name", "stop", True, AT + timedelta(hours=1)),
            ("r2", "account", "phone", "quarantine", False, AT + timedelta(hours=1)),
            ("r1", "contact", "email", "warn", True, AT),
        ],
    ),
    "match.crosswalk": (
        "entity string, source_system string, source_id string, tieout_id string, confidence double, "
        "status string",
        [
            ("account", "crm", "1", "c1", 0.95, "auto"),
            ("account", "erp", "2", "c2", 0.9499, "auto"),
            ("account", "crm", "3", "c2", 1.0, "confirmed"),
            ("account", "crm", "9", "c4", 0.99, "singleton"),
        ],
    ),
    "match.pair": (
        "entity string, rule string, match_weight double, match_probability double, status string, "
        "cut_reason string",
        [
            ("account", "tax_id", 9.7, 0.999, "accepted", None),
            ("account", "tax_id", 900.0, 1.0, "accepted", None),
            ("account", "phone", -3.2, 0.1, "review", None),
            ("account", "phone", 3.0, 0.9, "cut", "different tax_id"),
            ("contact", "email", 3.0, 0.9, "accepted", None),
        ],
    ),
    "match.review_queue": (
        "entity string, source_system_l string, source_id_l string, source_system_r string, "
        "source_id_r string, match_probability double, reason string, value double",
        [("account", "crm", "1", "erp", "2", 0.4, "near the threshold", 7.0)],
    ),
}  # fmt: skip


class Shelf(Lakehouse):
    """A lakehouse of hand-made frames: what only reads needs no Delta files."""

    def exists(self, layer: str, table: str) -> bool:
        return f"{layer}.{table}" in TABLES

    def read(self, layer: str, table: str, version: int | None = None) -> DataFrame:
        schema, rows = TABLES[f"{layer}.{table}"]
        return self.spark.createDataFrame(rows, schema).coalesce(1)


@pytest.fixture(scope="session")
def shelf(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    return Shelf(spark, root=str(tmp_path_factory.mktemp("shelf")))


@pytest.fixture(scope="session")
def config(conf_dir: Path) -> Config:
    return load_config(conf_dir)


@pytest.fixture
def context(shelf: Lakehouse, config: Config) -> Context:
    run = Run(shelf, "run")
    counts = {"bronze": 10, "silver_current": 8, "superseded": 1, "quarantined": 1}
    run.step("conform", system="crm", object="Person", entity="contact", **counts)
    return Context(shelf.spark, shelf, config, run)
