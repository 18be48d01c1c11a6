"""Everything about one entity's identities, from its records and a model to rows of the match tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.config.models.matching import MatchingConfig
from tieout.identity.clustering.clusters import Clustering, cluster
from tieout.identity.clustering.reconsider import pair_scoring, reconsideration
from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.ids.crosswalk import changed_rows, crosswalk_rows, previous_ids
from tieout.identity.ids.events import identity_events
from tieout.identity.ids.stable_ids import assign_ids, derived_id
from tieout.identity.money import Links, linked_pairs, with_linked
from tieout.identity.pair_table import pair_rows, pairs_with_status, review_rows
from tieout.identity.records import KEY
from tieout.matching import engine
from tieout.matching.model import Model
from tieout.platform.rows import frame_of

# Scores given pairs of records; see `reconsider.pair_scoring`.
Score = Callable[[DataFrame], DataFrame]


@dataclass
class Resolution:
    """Rows for the match tables, without run_id; `changes` are crosswalk rows that differ.

    Frames are persisted where they are read more than once; `release` lets go of them.
    """

    entity: str
    changes: DataFrame
    events: DataFrame
    pairs: DataFrame
    review: DataFrame
    report: dict[str, Any]
    fingerprint: int = 0
    held: list[Any] = field(default_factory=list)

    def release(self) -> None:
        """Free the memory that persisted frames take."""
        for frame in self.held:
            frame.unpersist() if isinstance(frame, DataFrame) else frame.release()


@dataclass(frozen=True)
class Before:
    """What earlier runs and people have said: crosswalk rows and last decisions (id_l, id_r, match)."""

    crosswalk: DataFrame | None
    decisions: DataFrame | None


def resolve_entity(
    records: DataFrame,
    model: Model | None,
    config: MatchingConfig,
    before: Before,
    model_version: str,
    links: Links | None = None,
) -> Resolution:
    """Resolve one entity's records.

    `records` has record_id, source, source_system, source_id, value double (money at stake), the
    columns that `model` compares and those of the constraints. Without a model, every record stands
    alone. Thresholds and cluster settings are those of `config`. `links` tells which of the customers that
    are found are linked by money (see `money.Links`); stewards are asked about them first.
    """
    settings = ClusterSettings.of(config)
    narrow = records.select("record_id", "source", *KEY, "value", *settings.attribute_columns).persist()
    held: list[Any] = [narrow]
    pairs, clustering, figures, score = _clusters(records, narrow, model, settings, before, held)
    placed = _placed(narrow, clustering.assignments, before.crosswalk, config.entity).persist()
    linked = None
    if links is not None and score is not None:
        linked = linked_pairs(links, placed, before.decisions, config.entity)
        pairs = pairs if linked is None else with_linked(pairs, linked, score)
    rated = pairs_with_status(pairs, placed, clustering.cut, before.decisions, settings, linked)
    rules = [rule.name for rule in model.config.blocking_rules] if model else []
    # Pairs and queue are both made from the judged pairs, which are joined once.
    rated = rated.persist()
    held += [placed, rated]
    review = review_rows(rated, config.entity, settings)
    asked = _either_end(review)
    confirmed = _either_end(before.decisions.where("match")) if before.decisions is not None else asked.limit(0)
    rows = crosswalk_rows(placed, asked, confirmed, config.entity, settings.max_size)
    current = placed.select("record_id", "tieout_id")
    previous = None if before.crosswalk is None else previous_ids(before.crosswalk, config.entity)
    changes = rows if before.crosswalk is None else changed_rows(rows, before.crosswalk, config.entity)
    return Resolution(
        config.entity,
        changes,
        identity_events(current, previous),
        pair_rows(rated, rules, config.entity, model_version),
        review.drop("id_l", "id_r"),
        clustering.report | figures,
        held=held,
    )


def _clusters(
    records: DataFrame,
    narrow: DataFrame,
    model: Model | None,
    settings: ClusterSettings,
    before: Before,
    held: list[Any],
) -> tuple[DataFrame, Clustering, dict[str, Any], Score | None]:
    if model is None:
        pairs = _no_pairs(narrow)
        return pairs, cluster(narrow, pairs, settings, before.decisions), {"blocking": {}, "pairs_scored": 0}, None
    prepared = engine.prepare(records, model.config, model=model)
    scored = engine.score(engine.compare(prepared), model)
    held += [prepared, scored]
    reconsider = reconsideration(prepared.frame, model)
    found = cluster(
        narrow, scored.pairs, settings, before.decisions, reconsider,
        total=prepared.records, pairs_at_most=scored.number,
    )  # fmt: skip
    figures = {"blocking": scored.by_rule, "pairs_scored": sum(scored.by_rule.values())}
    return scored.pairs, found, figures, pair_scoring(prepared.frame, model)


def _no_pairs(records: DataFrame) -> DataFrame:
    schema = "id_l bigint, id_r bigint, rule int, match_weight double, match_probability double"
    return frame_of(records.sparkSession, [], schema)


def _placed(narrow: DataFrame, assignments: DataFrame, crosswalk: DataFrame | None, entity: str) -> DataFrame:
    """Add cluster_id, cluster_size, confidence and tieout_id to the records."""
    size = F.count("*").over(Window.partitionBy("cluster_id"))
    clustered = narrow.join(assignments, "record_id").withColumn("cluster_size", size)
    previous = None if crosswalk is None else previous_ids(crosswalk, entity)
    if previous is None:
        return clustered.withColumn("tieout_id", derived_id(entity, "cluster_id"))
    ids = assign_ids(clustered.select("record_id", "cluster_id"), previous, entity)
    return clustered.join(ids, "cluster_id")


def _either_end(pairs: DataFrame) -> DataFrame:
    return pairs.select(F.explode(F.array("id_l", "id_r")).alias("record_id")).distinct()
