"""How the records of one entity were matched: confidence, pairs, rules, questions, accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.report.facts import MatchFacts, empty
from tieout.report.layout.frames import total
from tieout.report.tables import Tables, small

STEP = 0.05
LIGHTEST, HEAVIEST = -25, 40
RULES, CUTS, QUESTIONS = 40, 20, 10
MEASURES = ("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1", "ece", "blocking_recall")


def match_facts(
    tables: Tables, config: Config, entity: str, said: Mapping[str, Any], levels: pd.DataFrame, ask: bool = True
) -> MatchFacts:
    """Read `match.crosswalk`, `match.pair` and `match.review_queue` of one entity.

    `said` is what resolution told of it (`blocking` {rule: candidate pairs}) and, with truth, what
    evaluation measured; `levels` is what the model has learned (`champion_levels`). Pairs that wait for
    a person are listed by name with `ask` only.
    """
    facts = MatchFacts(entity)
    matching = config.matching.get(entity)
    return MatchFacts(
        entity=entity,
        confidence=_of(tables, "crosswalk", entity, by_confidence, facts.confidence),
        weights=_of(tables, "pair", entity, by_weight, facts.weights),
        rules=candidates(_of(tables, "pair", entity, by_rule, facts.rules), said.get("blocking") or {}),
        cuts=_of(tables, "pair", entity, by_cut, facts.cuts),
        levels=levels,
        thresholds=matching.thresholds.model_dump() if matching else {},
        review=_questions(tables, entity) if ask else facts.review,
        open_reviews=_open(tables, entity),
        **accuracy(said),
    )


def accuracy(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the accuracy out of an evaluation's figures: `quality`, `calibration`, `curve`."""
    quality = {name: float(measured[name]) for name in MEASURES if measured.get(name) is not None}
    calibration = _points(
        measured.get("calibration"),
        {"probability": "predicted", "share": "observed", "rows": "cases", "pairs": "cases"},
    )
    return {
        "quality": quality,
        "calibration": calibration if len(calibration) else empty("predicted", "observed", "cases"),
        "curve": _thinned(_points(measured.get("curve"), {})),
    }


def by_confidence(crosswalk: DataFrame) -> DataFrame:
    """Return `low, status, records`: rows by confidence in steps of 5 %."""
    # The rounding keeps 0.95 from falling below its own step.
    step = F.least(F.floor(F.round(F.col("confidence") / STEP, 6)), F.lit(round(1 / STEP) - 1))
    grouped = crosswalk.groupBy(F.round(step * STEP, 2).cast("double").alias("low"), "status")
    return grouped.agg(F.count("*").alias("records")).orderBy("low", "status")


def by_weight(pairs: DataFrame) -> DataFrame:
    """Return `weight, status, pairs`: pairs by whole bits of match weight."""
    weight = F.greatest(F.lit(LIGHTEST), F.least(F.lit(HEAVIEST), F.floor("match_weight"))).cast("int")
    grouped = pairs.groupBy(weight.alias("weight"), "status").agg(F.count("*").alias("pairs"))
    return grouped.orderBy("weight", "status")


def by_rule(pairs: DataFrame) -> DataFrame:
    """Return `rule, pairs, accepted`, most first."""
    accepted = F.sum((F.col("status") == "accepted").cast("int")).alias("accepted")
    grouped = pairs.groupBy("rule").agg(F.count("*").alias("pairs"), accepted)
    return grouped.orderBy(F.desc("pairs"), "rule").limit(RULES)


def candidates(kept: pd.DataFrame, blocking: Mapping[str, int]) -> pd.DataFrame:
    """Return `rule, pairs, accepted` with the pairs that each rule proposed, kept in the table or not."""
    if not blocking:
        return kept
    proposed = pd.DataFrame({"rule": list(blocking), "pairs": list(blocking.values())})
    accepted = dict(zip(kept["rule"], kept["accepted"], strict=True))
    return proposed.assign(accepted=[accepted.get(rule, 0) for rule in proposed["rule"]]).head(RULES)


def by_cut(pairs: DataFrame) -> DataFrame:
    """Return `reason, pairs` of the pairs that a guard cut."""
    cut = pairs.where("status = 'cut'").groupBy(F.col("cut_reason").alias("reason"))
    return cut.agg(F.count("*").alias("pairs")).orderBy(F.desc("pairs"), "reason").limit(CUTS)


def _of(tables: Tables, table: str, entity: str, build: Any, otherwise: pd.DataFrame) -> pd.DataFrame:
    found = tables.find("match", table)
    return otherwise if found is None else small(build(found.where(F.col("entity") == entity)))


def _open(tables: Tables, entity: str) -> int:
    queue = tables.find("match", "review_queue")
    if queue is None:
        return 0
    return int(total(small(queue.where(F.col("entity") == entity).agg(F.count("*").alias("rows")), 1), "rows"))


def _questions(tables: Tables, entity: str) -> pd.DataFrame:
    queue, records = tables.find("match", "review_queue"), tables.find("silver", entity)
    if queue is None or records is None:
        return MatchFacts().review
    name = "name" if "name" in records.columns else "full_name"
    sides = [f"{column}_{side}" for side in ("l", "r") for column in ("source_system", "source_id")]
    asked = queue.where(F.col("entity") == entity).orderBy(F.desc("value"), *sides).limit(QUESTIONS)
    for side in ("l", "r"):
        asked = _with_name(asked, records, name, side)
    picked = asked.select(
        "name_l", "name_r", *sides, F.col("match_probability").alias("probability"), "reason", "value"
    )
    found = small(picked.orderBy(F.desc("value"), *sides), QUESTIONS)
    return found.assign(left=_labels(tables, found, "l"), right=_labels(tables, found, "r"))


def _with_name(asked: DataFrame, records: DataFrame, name: str, side: str) -> DataFrame:
    system, key = f"source_system_{side}", f"source_id_{side}"
    names = records.select(
        F.col("source_system").alias(system), F.col("source_id").alias(key), F.col(name).alias(f"name_{side}")
    )
    return asked.join(names, [system, key], "left")


def _labels(tables: Tables, found: pd.DataFrame, side: str) -> list[str]:
    parts = zip(*[found[f"{column}_{side}"] for column in ("name", "source_system", "source_id")], strict=True)
    return [f"{name} ({tables.titled(str(system))} {key})" for name, system, key in parts]


def _points(points: Any, renamed: dict[str, str]) -> pd.DataFrame:
    if points is None or len(points) == 0:
        return MatchFacts().curve
    return pd.DataFrame(points).rename(columns=renamed)


def _thinned(curve: pd.DataFrame, points: int = 120) -> pd.DataFrame:
    # A curve has a point for each weight; the eye needs no more than a hundred or so.
    return curve.iloc[:: max(1, len(curve) // points)] if len(curve) else curve
