from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tieout.commands.answers.status import render
from tieout.config import Config
from tieout.config.models.products import Bars, Product, read_products
from tieout.errors import ConfigError
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.console import Screen
from tieout.report.status import Observed, check_promises
from tieout.report.status.summary import status

NOW = datetime(2026, 9, 30, 12, tzinfo=UTC)
PRODUCT = Product(
    meaning="m",
    owner="Controller",
    tables=["gold.tie_out", "silver.invoice"],
    sources=["invoice"],
    refreshed_within_hours=24,
    bars=Bars(source_age_days=7, quarantined_percent=1, open_reviews=10, unresolved_percent=50),
)


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def run(verb: str, hours: float, status: str = "done", message: str | None = None) -> dict[str, Any]:
    return {"verb": verb, "status": status, "message": message, "finished_at": hours_ago(hours)}


def seen(**changes: Any) -> Observed:
    good = {
        "tables": {"gold.tie_out": hours_ago(2), "silver.invoice": hours_ago(3)},
        "runs": [run("run", 2)],
        "entities": {"invoice": (1000, hours_ago(30))},
    }
    return Observed(**(good | changes))


def test_a_product_on_time_has_nothing_wrong() -> None:
    health = check_promises("tie_out", PRODUCT, seen(), NOW)
    assert (health.state, health.problems, health.age_hours) == ("on_time", [], 2.0)


def test_the_least_fresh_table_decides() -> None:
    health = check_promises(
        "tie_out",
        PRODUCT,
        seen(tables={"gold.tie_out": hours_ago(2), "silver.invoice": hours_ago(40)}, runs=[]),
        NOW,
    )
    assert health.state == "late"
    assert health.problems == ["refreshed 40 h ago, promised within 24 h"]


def test_a_run_that_found_nothing_to_change_has_refreshed_all_the_same() -> None:
    old = {"gold.tie_out": hours_ago(90), "silver.invoice": hours_ago(90)}
    assert check_promises("tie_out", PRODUCT, seen(tables=old, runs=[run("run", 1)]), NOW).state == "on_time"
    assert check_promises("tie_out", PRODUCT, seen(tables=old, runs=[run("publish", 1)]), NOW).state == "late"


def test_a_failed_run_is_said_until_one_succeeds() -> None:
    failed = run("run", 1, "failed", "SourceError: cut short")
    assert check_promises("tie_out", PRODUCT, seen(runs=[failed, run("run", 5)]), NOW).problems == [
        "the last run failed: SourceError: cut short"
    ]
    assert check_promises("tie_out", PRODUCT, seen(runs=[run("run", 0.5), failed]), NOW).state == "on_time"


def test_a_table_that_is_not_there_is_missing() -> None:
    health = check_promises("tie_out", PRODUCT, seen(tables={"silver.invoice": hours_ago(1)}), NOW)
    assert (health.state, health.problems) == ("missing", ["gold.tie_out has not been written"])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"entities": {"invoice": (1000, hours_ago(24 * 9))}},
            "newest change in its sources is 9 days old, bar 7",
        ),
        (
            {"quarantine": {"invoice": 20, "account": 900}},
            "1.96 % of its source rows are in quarantine, bar 1 %",
        ),
        ({"reviews": {"account": 11}}, "11 pairs wait for review, bar 10"),
        ({"differing_percent": 61.4}, "61 % of the tie-out differs, bar 50 %"),
    ],
)
def test_what_is_below_a_bar_is_named(change: dict[str, Any], problem: str) -> None:
    health = check_promises("tie_out", PRODUCT, seen(**change), NOW)
    assert (health.state, health.problems) == ("below_bar", [problem])


def test_the_status_of_a_lakehouse_is_read_without_writing(lake: Lakehouse, config: Config) -> None:
    with pytest.raises(ValueError, match="broke"), Run(lake, "run"):
        raise ValueError("it broke [red]")
    before = lake.version("ops", "run")
    figures = status(lake, config)
    assert lake.version("ops", "run") == before
    assert figures["runs"][0]["message"] == "ValueError: it broke [red]"
    assert {one["state"] for one in figures["products"]} == {"missing"}
    assert figures["broken"] == len(figures["products"]) >= 5
    assert json.loads(json.dumps(figures, default=str)) == figures
    console = Screen(record=True, width=200)
    render(figures, console)
    assert "ValueError: it broke [red]" in console.export_text()


def test_counts_by_entity(shelf: Lakehouse, config: Config) -> None:
    figures = status(shelf, config)
    assert figures["quarantine"] == {"open": 6, "by_entity": {"account": 5, "contact": 1}}
    assert figures["review"] == {"open": 1, "by_entity": {"account": 1}}


def test_the_shipped_products_name_known_entities(config: Config) -> None:
    products = read_products(config.directory).products
    assert {"customer_360", "tie_out", "metrics"} <= set(products)
    assert {name for one in products.values() for name in one.sources} <= set(config.entities)


def test_a_typing_error_in_products_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "products.yml").write_text("products:\n  a:\n    meaning: m\n    ownr: x\n")
    with pytest.raises(ConfigError, match=r"products.yml:4: .*Did you mean 'owner'"):
        read_products(tmp_path)
    assert read_products(tmp_path / "elsewhere").products == {}
