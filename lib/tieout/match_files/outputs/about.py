"""What `tieout match` did, in words: files, rows, columns, model, thresholds, results, warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tieout
from tieout.config.models.matching import MatchingConfig
from tieout.match_files.inputs.naming import Naming
from tieout.match_files.outputs.level_words import SAME, level_words
from tieout.matching.model import Model
from tieout.matching.training.parameters_table import parameter_rows

# Fewer pairs than these teach a model little: it rests on what is usual for such columns.
FEW_PAIRS, FEW_MATCHES = 200, 20
# Levels that matches hardly ever reach are not listed.
SEEN = 0.005


def paired_columns(naming: Naming, config: MatchingConfig, sources: Sequence[str]) -> list[dict[str, Any]]:
    """Return each pairing of two files' columns: name, left, right (with their files), why, sure and kind."""
    kinds = {name: column.kind for name, column in config.columns.items()}
    by_source = {(column.source or [name])[0]: kinds[name] for name, column in config.columns.items()}
    return [
        {
            "name": one.name,
            "left": f"{sources[0]}: {one.left}",
            "right": f"{sources[-1]}: {one.right}",
            "why": one.why,
            "sure": one.sure,
            "kind": by_source.get(one.name),
        }
        for one in naming.pairs
    ]


def learning_warnings(model: Model, pairs: int) -> list[str]:
    """Say where there was too little to learn from."""
    matches = model.parameters.matches
    if pairs >= FEW_PAIRS and matches >= FEW_MATCHES:
        return []
    return [
        f"the model was learnt from {pairs:,} compared pairs with about {matches:,.0f} matches, which is little: it "
        "rests on what is usual for such columns, so look at the pairs before you believe the probabilities"
    ]


def comparison_warnings(config: MatchingConfig) -> list[str]:
    """Say where there is little to tell records apart by."""
    if len(config.comparisons) > 1:
        return []
    name = config.comparisons[0].name
    return [f"only one column ({name}) could be compared: nothing else speaks for or against a pair"]


def about(
    paths: Sequence[str],
    rows: Mapping[str, int],
    naming: Naming,
    model: Model,
    figures: Mapping[str, Any],
    command: str,
) -> list[tuple[str, Any]]:
    """Return what was done as rows of a heading and a value; `rows` are the records by source."""
    listed: list[tuple[str, Any]] = [("Command", command), ("Tieout", tieout.__version__)]
    listed += _files(paths, rows, naming)
    listed += _columns(rows, naming, model.config, figures)
    listed.append(("Pairs compared", f"{figures['pairs_scored']:,}"))
    listed += [(f"Compared by {rule}", f"{pairs:,} pairs") for rule, pairs in figures["blocking"].items()]
    listed += _model(model)
    listed += _found(figures)
    return listed + [("Warning", sentence) for sentence in figures.get("warnings", [])]


def _files(paths: Sequence[str], rows: Mapping[str, int], naming: Naming) -> list[tuple[str, Any]]:
    listed: list[tuple[str, Any]] = []
    for number, (path, (source, count)) in enumerate(zip(paths, rows.items(), strict=True), start=1):
        place = path if "://" in path else str(Path(path).resolve())
        listed.append((f"File {number}: {source}", f"{place}, {count:,} records"))
    if naming.id_column is not None:
        listed.append(("Id of a record", " and ".join(dict.fromkeys(naming.ids))))
    return listed


def _columns(
    rows: Mapping[str, int], naming: Naming, config: MatchingConfig, figures: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    listed: list[tuple[str, Any]] = []
    for one in figures.get("paired", []):
        kind = f"compared as {one['kind']}" if one["kind"] else "not compared"
        listed.append((f"Columns: {one['name']}", f"{one['left']} = {one['right']} ({one['why']}); {kind}"))
    for source, unused in zip(rows, naming.unused, strict=False):
        listed += [(f"Columns of {source} without a partner", ", ".join(unused))] if unused else []
    said = {one["name"] for one in figures.get("paired", []) if one["kind"]}
    for comparison in config.comparisons:
        if comparison.name in said:
            continue
        kind = config.columns[comparison.columns[0]].kind
        listed.append((f"Compared: {comparison.name}", f"{', '.join(comparison.columns)} as {kind}"))
    return listed


def _model(model: Model) -> list[tuple[str, Any]]:
    thresholds = model.config.thresholds
    chance = 2**-model.parameters.prior_weight
    listed: list[tuple[str, Any]] = [
        ("Match from", f"probability {thresholds.accept:g} (thresholds.accept)"),
        ("To check from", f"probability {thresholds.review:g} (thresholds.review)"),
        ("Model", "Fellegi-Sunter, learnt from these files without labels; kept in model/, explained in report.html"),
        ("Before any comparison", f"1 in {chance:,.0f} pairs is a match"),
    ]
    weights = [row for row in parameter_rows(model) if row["m"] > SEEN]
    kinds = {one.name: model.config.columns[one.columns[0]].kind for one in model.config.comparisons}
    return listed + [
        (
            f"Weight of {row['comparison']}: {level_words(row['label'], kinds[row['comparison']], SAME, SAME)}",
            f"{row['weight']:+.1f} bits ({row['label']})",
        )
        for row in weights
    ]


def _found(figures: Mapping[str, Any]) -> list[tuple[str, Any]]:
    listed: list[tuple[str, Any]] = [
        ("Records", f"{figures['records']:,} in {figures['clusters']:,} clusters"),
        ("Matches", f"{figures['matches']:,} pairs; {figures['to_check']:,} more to check"),
        ("Largest cluster", f"{figures['largest_cluster']:,} records"),
    ]
    if "f1" in figures:
        measured = ", ".join(f"{name} {figures[name]:.4f}" for name in ("precision", "recall", "f1"))
        listed.append(("Measured by truth", measured))
    return listed
