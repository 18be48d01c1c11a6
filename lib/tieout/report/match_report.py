"""The report of `tieout match`: pairs, clusters and model of any files, as one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tieout.report import example_pairs
from tieout.report.chapters import accuracy as accuracy_section
from tieout.report.chapters import customers, lineage, model, summary
from tieout.report.facts import MatchFacts, RunFacts, empty
from tieout.report.layout.blocks import Block, Card, Chart, Column, Finding, Note, Page, Section, Table
from tieout.report.layout.files import write_text
from tieout.report.layout.page import render
from tieout.report.layout.text import count, plural, words
from tieout.report.match_facts import accuracy

LARGEST_SIZE = 10
LEAD = (
    "Records were compared field by field, each pair got a probability of being the same, and accepted pairs "
    "became clusters: one cluster is one real thing."
)


def write_match_report(
    place: str,
    figures: Mapping[str, Any],
    *,
    files: list[str] | None = None,
    levels: pd.DataFrame | None = None,
    weights: pd.DataFrame | None = None,
    rules: pd.DataFrame | None = None,
    calibration: pd.DataFrame | None = None,
    curve: pd.DataFrame | None = None,
    examples: Mapping[str, pd.DataFrame] | None = None,
    fields: Sequence[str] = (),
    thresholds: Mapping[str, float] | None = None,
) -> str:
    """Write the page of one `tieout match` to `place`; return where it is.

    `figures` is the verb's JSON dictionary (`records, clusters, cluster_sizes {size: clusters},
    blocking {rule: pairs}, cut_reasons {reason: pairs}, pairs_scored, pairs_per_second, seconds,
    peak_rss_gb`, and with truth `precision, recall, f1, b3_f1, ece, truth_recall_of_blocking`); what it
    lacks is left out.

    `levels`: comparison, level, m, u[, weight]. `weights`: weight (whole bits), status, pairs.
    `rules`: rule, pairs, accepted; default from `blocking`. `calibration`: predicted, observed, cases
    (or bin, rows, probability, share). `curve`: threshold, precision, recall, f1. `examples`: pairs that are
    best, doubtful and worst; cluster, match_probability, decision, left_file, left_id, right_file, right_id, and for
    each of `fields` left_<field>, right_<field>, <field>_level (words), <field>_agrees (1 same, 0 different). All
    bounded by the caller.
    """
    facts = _facts(figures, levels, weights, rules, calibration, curve, thresholds or {})
    chapters = [
        example_pairs.section(examples or {}, fields),
        _clusters(figures, facts),
        _done(figures),
        _sure(facts),
        _time(figures),
    ]
    chapters = [chapter for chapter in chapters if chapter.blocks]
    title = f"Matching of {words(files)}" if files else "Matching report"
    described = [("Records", count(figures.get("records"))), ("Threshold", _threshold(figures, facts))]
    page = Page(title, LEAD, described, [summary.section(chapters, "What matching found."), *chapters])
    return write_text(place, render(page))


def _facts(
    figures: Mapping[str, Any],
    levels: pd.DataFrame | None,
    weights: pd.DataFrame | None,
    rules: pd.DataFrame | None,
    calibration: pd.DataFrame | None,
    curve: pd.DataFrame | None,
    thresholds: Mapping[str, float],
) -> MatchFacts:
    known = MatchFacts("record")
    blocking = dict(figures.get("blocking") or {})
    listed = pd.DataFrame({"rule": list(blocking), "pairs": list(blocking.values())}).assign(accepted=0)
    cuts = dict(figures.get("cut_reasons") or {})
    accept = figures.get("threshold")
    return MatchFacts(
        entity="record",
        weights=known.weights if weights is None else weights,
        rules=rules if rules is not None else (listed if blocking else known.rules),
        cuts=pd.DataFrame({"reason": list(cuts), "pairs": list(cuts.values())}) if cuts else known.cuts,
        levels=known.levels if levels is None else levels,
        sizes=_sizes(figures.get("cluster_sizes") or {}),
        thresholds=dict(thresholds) | ({"accept": float(accept)} if accept is not None else {}),
        **accuracy(_measured(figures) | {"calibration": calibration, "curve": curve}),
    )


def _measured(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {"blocking_recall": figures.get("truth_recall_of_blocking")} | dict(figures)


def _sizes(sizes: Mapping[Any, Any]) -> pd.DataFrame:
    counted: dict[int, int] = {}
    for size, clusters in sizes.items():
        bounded = min(int(size), LARGEST_SIZE)
        counted[bounded] = counted.get(bounded, 0) + int(clusters)
    if not counted:
        return empty("records", "clusters")
    return pd.DataFrame(sorted(counted.items()), columns=["records", "clusters"])


def _clusters(figures: Mapping[str, Any], facts: MatchFacts) -> Section:
    if facts.sizes.empty:
        return Section("clusters", "Clusters")
    records, clusters = figures.get("records"), figures.get("clusters")
    largest = figures.get("largest_cluster")
    chart = Chart(
        "Records per cluster",
        customers.size_chart(facts.sizes, "clusters"),
        f"The largest cluster has {plural(largest, 'record')}; bars end at {LARGEST_SIZE} or more.",
        Table(
            "Clusters by size",
            [Column("records", "Records", "count"), Column("clusters", "Clusters", "bar")],
            facts.sizes,
        ),
    )
    finding = Finding(
        f"{plural(records, 'record')} are {plural(clusters, 'cluster')}.",
        f"The largest has {count(largest)}.",
    )
    card = Card("Real things", count(clusters), f"from {plural(records, 'record')}")
    return Section("clusters", "Clusters", [], [chart], [finding], [card])


def _sure(facts: MatchFacts) -> Section:
    blocks: list[Block] = [*accuracy_section.blocks(facts), *model.pair_blocks(facts), *model.blocks(facts.levels)]
    cards = accuracy_section.cards(facts.quality) if facts.quality else []
    return Section("confidence", "How sure we are", [], blocks, [], cards[:3])


def _done(figures: Mapping[str, Any]) -> Section:
    """Say which columns were paired, and what to beware of."""
    blocks: list[Block] = [Note(str(sentence), "warn") for sentence in figures.get("warnings") or []]
    paired = pd.DataFrame(figures.get("paired") or [])
    if not paired.empty:
        paired = paired.assign(kind=paired["kind"].fillna("not compared"))
        columns = [
            Column("left", "In the first file"),
            Column("right", "In the second file"),
            Column("kind", "Taken for"),
            Column("why", "Why"),
        ]
        blocks.append(Table("Columns that were paired", columns, paired))
    return Section("columns", "Columns and warnings", [], blocks)


def _time(figures: Mapping[str, Any]) -> Section:
    took = {str(name): value for name, value in dict(figures.get("seconds") or {}).items() if name != "total"}
    if not took:
        return Section("time", "Time and memory")
    steps = pd.DataFrame({"step": list(took), "seconds": list(took.values())})
    section = lineage.section(RunFacts(steps=steps))
    said = [
        f"{count(figures.get('pairs_scored'))} pairs were scored, {count(figures.get('pairs_per_second'))} a second."
    ]
    if figures.get("peak_rss_gb") is not None:
        said.append(f"The process took at most {float(figures['peak_rss_gb']):.1f} GB of memory.")
    return Section("time", "Time and memory", said, section.blocks)


def _threshold(figures: Mapping[str, Any], facts: MatchFacts) -> str:
    accept = facts.thresholds.get("accept")
    return f"accepted from {accept:g}" if accept is not None else "–"
