"""Which version of a record becomes silver, which quarantine, and what a second run changes."""

from __future__ import annotations

from .conftest import Harbour

# Two versions of firm 1, the newer one bad; firm 2 twice alike; firm 3 bad; firm 4 without a key.
FIRST = """nr,firm,parent,at
1,Alpha GmbH,,2026-01-01
1,,,2026-02-01
2,Beta KG,1,2026-01-01
2,Beta KG,1,2026-01-01
3,,,2026-01-01
,Delta AG,,2026-01-01
5,Epsilon SE,1,2026-01-01
"""
# Firm 3 gets its name, firm 5 loses its own.
SECOND = "nr,firm,parent,at\n3,Gamma AG,,2026-03-01\n5,,1,2026-03-01\n6,Zeta OHG,5,2026-03-01\n"


def test_the_newest_good_version_is_silver_and_the_newest_bad_one_is_quarantined(harbour: Harbour) -> None:
    figures = harbour.run(firms_1=FIRST)
    assert harbour.rows("account", "source_id", "name", "parent_source_id") == [
        ("1", "Alpha GmbH", None), ("2", "Beta KG", "1"), ("5", "Epsilon SE", "1"),
    ]  # fmt: skip
    assert harbour.rows("quarantine", "source_id", "rule", "raw_json") == [
        ("1", "name: not_be_null", '{"nr":"1","at":"2026-02-01"}'),
        ("3", "name: not_be_null", '{"nr":"3","at":"2026-01-01"}'),
        (None, "key", '{"firm":"Delta AG","at":"2026-01-01"}'),
    ]
    assert (figures["silver"], figures["superseded"], figures["quarantined"]) == (
        {"account": 3}, {"account": 1}, {"account": 3},
    )  # fmt: skip

    harbour.run(firms_2=SECOND)
    assert harbour.ids("account") == ["1", "2", "3", "5", "6"]
    assert harbour.ids("quarantine", "state = 'open' AND source_id IS NOT NULL") == ["1", "5"]
    assert harbour.ids("quarantine", "state = 'released'") == ["3"]


def test_a_good_and_a_bad_record_go_their_ways(harbour: Harbour) -> None:
    figures = harbour.run(firms_1="nr,firm,parent\n1,Alpha GmbH,\n2,,\n")
    assert (harbour.ids("account"), harbour.ids("quarantine")) == (["1"], ["2"])
    assert (figures["silver"], figures["quarantined"]) == ({"account": 1}, {"account": 1})


def test_the_newest_good_one_of_three_versions_is_current(harbour: Harbour) -> None:
    versions = "1,Alpha AG,,2026-01-01\n1,Alpha GmbH,,2026-02-01\n1,,,2026-03-01\n"
    figures = harbour.run(firms_1=f"nr,firm,parent,at\n{versions}2,Beta KG,,2026-01-01\n")
    assert harbour.rows("account", "source_id", "name") == [("1", "Alpha GmbH"), ("2", "Beta KG")]
    assert (figures["superseded"], figures["quarantined"]) == ({"account": 1}, {"account": 1})


def test_rows_that_are_only_joined_count_when_they_are_quarantined(harbour: Harbour) -> None:
    figures = harbour.run(firms_1="nr,firm,parent\n1,Alpha GmbH,\n2,,\n", towns_1="code,town\nB,Berlin\nM\n")
    assert figures["quarantined"] == {"account": 1, "(joined only)": 1}
    assert figures["silver"] == {"account": 1}
    assert harbour.lake.read("silver", "quarantine").count() == 2
