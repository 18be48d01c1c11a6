"""A term such as *active customer* that teams define differently, and the customers on whom they differ."""

from __future__ import annotations

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.report.facts import TeamFacts
from tieout.report.layout import text, theme
from tieout.report.layout.blocks import Block, Card, Chart, Column, Finding, Note, Section, Table
from tieout.report.layout.frames import by_size, rows
from tieout.report.layout.overlap import describe, overlap_chart
from tieout.report.tables import Tables, small

TERM = "active_customer"
EXAMPLES_EACH, COMBINATIONS = 2, 64
TEAM_COLUMNS = [
    Column("team", "Team"),
    Column("wording", "What the team means by it"),
    Column("owner", "Who decides"),
    Column("customers", "Customers", "count"),
]
OVERLAP_COLUMNS = [
    Column("who", "Counted by"),
    Column("customers", "Customers", "bar"),
    Column("value", "Contract value", "amount"),
]


def team_facts(tables: Tables, term: str = TERM) -> TeamFacts:
    """Read `gold.metric`, `gold.metric_member` and `gold.customer_360` for the metric named `term`."""
    metric, member = tables.find("gold", "metric"), tables.find("gold", "metric_member")
    wide = tables.find("gold", "customer_360")
    if metric is None or member is None or wide is None:
        return TeamFacts(term)
    latest = metric.where(F.col("metric") == term).select(
        "team", "wording", "owner", F.col("members").alias("customers")
    )
    counted = counted_by(member.where(F.col("metric") == term), wide)
    return TeamFacts(
        term,
        small(latest.orderBy("team"), 30),
        small(overlaps(counted), COMBINATIONS),
        small(disputed(counted), COMBINATIONS * EXAMPLES_EACH),
    )


def counted_by(members: DataFrame, wide: DataFrame) -> DataFrame:
    """Return a row per customer that a team counts: `teams` (array) beside the 360's columns."""
    teams = members.where("tieout_id IS NOT NULL").groupBy("tieout_id")
    return teams.agg(F.array_sort(F.collect_set("team")).alias("teams")).join(wide, "tieout_id")


def overlaps(counted: DataFrame) -> DataFrame:
    """Return `teams, customers, value`: customers by the set of teams that count them."""
    grouped = counted.groupBy("teams").agg(F.count("*").alias("customers"), F.sum("contract_value").alias("value"))
    return grouped.orderBy(F.desc("customers"))


def disputed(counted: DataFrame) -> DataFrame:
    """Return the two largest customers of each set of teams, as `teams, tieout_id, name` and money."""
    size = F.greatest("open_pipeline", "invoiced", "contract_value")
    largest = Window.partitionBy("teams").orderBy(F.desc(size), "tieout_id")
    numbered = counted.withColumn("_number", F.row_number().over(largest))
    return (
        numbered.where(F.col("_number") <= EXAMPLES_EACH)
        .select("teams", "tieout_id", "name", "open_pipeline", "invoiced", "contract_value")
        .orderBy(F.size("teams"), "teams", F.desc("invoiced"))
    )


def section(facts: TeamFacts, currency: str) -> Section:
    """Build the chapter for one term: each team's count, how the sets overlap, and examples."""
    term = facts.term.replace("_", " ")
    heading = f"Who counts as an {term}" if term[:1] in "aeiou" else f"Who counts as a {term}"
    if facts.teams.empty:
        return Section(
            "teams", heading, blocks=[Note(f"No team has defined “{term}” yet, or no metric was published.")]
        )
    teams = [str(team) for team in facts.teams["team"]]
    blocks: list[Block] = [Table(f"“{text.title(term)}”, team by team", TEAM_COLUMNS, facts.teams)]
    if not facts.overlaps.empty and len(teams) > 1:
        blocks += [_overlaps(facts.overlaps, teams, term, currency), *_examples(facts, teams, currency)]
    return Section(
        "teams",
        heading,
        [_lead(facts, term)],
        blocks,
        [_finding(facts, teams, term)],
        _cards(facts, teams, term),
    )


def team_colours(teams: list[str]) -> dict[str, str]:
    """Return each team's colour: those who read the CRM in its colour, finance in the ERP's."""
    known = {"sales": theme.CRM, "finance": theme.ERP, "marketing": theme.PAID}
    rest = theme.colours([team for team in teams if team not in known])
    return {team: known.get(team, rest.get(team, theme.NEUTRAL)) for team in teams}


def agreed(overlaps: pd.DataFrame, teams: list[str]) -> tuple[int, int]:
    """Return the customers that every team counts, and those that only some do."""
    every = sum(int(row["customers"]) for row in rows(overlaps) if len(row["teams"]) == len(teams))
    some = sum(int(row["customers"]) for row in rows(overlaps) if 0 < len(row["teams"]) < len(teams))
    return every, some


def _lead(facts: TeamFacts, term: str) -> str:
    counts = text.words(f"{text.count(row['customers'])} by {row['team']}" for row in rows(facts.teams))
    return (
        f"The same question, “how many {term}s do we have?”, has several right answers: {counts}. "
        "None is wrong; each team asks for its own purpose. What must be known is who differs, on whom."
    )


def _overlaps(overlaps: pd.DataFrame, teams: list[str], term: str, currency: str) -> Block:
    every, some = agreed(overlaps, teams)
    reading = (
        f"Each row is one combination of teams; filled dots say which teams count those customers. All "
        f"{len(teams)} teams agree on {text.plural(every, 'customer')}; on {text.count(some)} they do not."
    )
    ordered = by_size(overlaps, "customers")
    ordered = ordered.assign(who=[describe(tuple(found), teams) for found in ordered["teams"]])
    table = Table(f"Customers by the teams that count them (value in {currency})", OVERLAP_COLUMNS, ordered)
    chart = overlap_chart(overlaps, teams, "teams", "customers", team_colours(teams))
    return Chart(f"Where the teams agree on “{term}”", chart, reading, table)


def _examples(facts: TeamFacts, teams: list[str], currency: str) -> list[Block]:
    differ = facts.examples[[len(found) < len(teams) for found in facts.examples["teams"]]]
    if differ.empty:
        return []
    shown = differ.assign(who=[describe(tuple(found), teams) for found in differ["teams"]])
    columns = [
        Column("who", "Counted by"),
        Column("name", "Customer"),
        Column("open_pipeline", "Open pipeline", "amount"),
        Column("invoiced", "Invoiced", "amount"),
        Column("contract_value", "Contract value", "amount"),
        Column("tieout_id", "Tieout id", "code"),
    ]
    return [Table(f"The largest customers on whom teams differ, in {currency}", columns, shown)]


def _finding(facts: TeamFacts, teams: list[str], term: str) -> Finding:
    if len(teams) < 2 or facts.overlaps.empty:
        return Finding(f"Only {text.words(teams)} has defined “{term}”.")
    every, some = agreed(facts.overlaps, teams)
    counts = text.words(f"{text.count(row['customers'])} ({row['team']})" for row in rows(facts.teams))
    return Finding(
        f"“{text.title(term)}” means {counts}.",
        f"All teams agree on {text.plural(every, 'customer')} and differ on {text.count(some)}.",
        "warn" if some else "good",
    )


def _cards(facts: TeamFacts, teams: list[str], term: str) -> list[Card]:
    if len(teams) < 2 or facts.overlaps.empty:
        return []
    every, some = agreed(facts.overlaps, teams)
    part = text.percent(text.share(every, every + some), 0)
    return [Card(f"Agreement on “{term}”", part, f"{text.count(every)} of {text.count(every + some)} customers")]
