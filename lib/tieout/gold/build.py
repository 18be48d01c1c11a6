"""The gold tables in the order in which they follow from one another.

`keep(table, frame)` stores a table and returns it as stored, so that what follows reads the result
instead of computing it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.lookups import Lookups
from tieout.config.models.survivorship import SurvivorshipConfig
from tieout.gold.customer_360 import customer_360
from tieout.gold.documents.facts import FACTS, Books, facts
from tieout.gold.documents.money import reporting, with_rate
from tieout.gold.golden_record.choices import field_rules
from tieout.gold.golden_record.survivorship import golden
from tieout.gold.hierarchy import customer_hierarchy
from tieout.gold.inputs import Inputs
from tieout.gold.metrics import metric_members, metric_values
from tieout.gold.outbox import (
    Words,
    checked_against_targets,
    compared_fields,
    contested,
    discrepancies,
    held_back,
    outbox,
    read_targets,
    rule_candidates,
    survivorship_candidates,
    with_differences,
)
from tieout.gold.records import REFERENCE_SUFFIX, TIEOUT_ID, identified, resolve_reference, resolve_references
from tieout.gold.tie_out import chain_documents, order_links, tie_out, tie_out_lines
from tieout.gold.views import Views
from tieout.lakehouse.context import AT_A_TIME

Keep = Callable[[str, DataFrame], DataFrame]
Frames = Mapping[str, DataFrame]
TABLES = (
    "customer", "contact", "product", "customer_hierarchy", "metric_member", "metric", "customer_360",
    "tie_out_line", "tie_out", "discrepancy", "outbox", "outbox_held_back",
)  # fmt: skip
SIDE_TABLES = ("account", "price")
GOLDEN = {"account": "customer", "contact": "contact", "product": "product"}


def build(inputs: Inputs, keep: Keep) -> None:
    """Compute and keep every gold table; those that do not read each other at the same time."""
    with ExitStack() as cached, ThreadPoolExecutor(AT_A_TIME) as pool:
        records = {entity: _cache(golden_records(inputs, entity), cached) for entity in GOLDEN}
        kept = pool.map(lambda entity: keep(GOLDEN[entity], _golden(inputs, entity, records[entity])), GOLDEN)
        tables = dict(zip(GOLDEN.values(), kept, strict=True))
        by_customer = {name: _cache(_cut_by_customer(frame), cached) for name, frame in named_facts(inputs).items()}
        members = pool.submit(_members, inputs, tables, by_customer, keep)
        rest: list[Future[Any]] = [
            pool.submit(_tie_out, inputs, tables["customer"], by_customer, keep, cached),
            pool.submit(_metrics, inputs, tables, by_customer, members, keep),
            pool.submit(_differences, inputs, records, tables, members, keep, cached),
            pool.submit(lambda: keep("customer_hierarchy", customer_hierarchy(tables["customer"]))),
        ]
        for one in rest:
            one.result()


def _cache(frame: DataFrame, cached: ExitStack) -> DataFrame:
    """Keep a frame that is read several times until the stack closes."""
    kept = frame.persist()
    cached.callback(kept.unpersist)
    return kept


def _cut_by_customer(frame: DataFrame) -> DataFrame:
    """Bring each customer's rows together once, so that each metric's grouping moves nothing."""
    parts = str(frame.sparkSession.conf.get("spark.sql.shuffle.partitions"))
    # A number keeps the cut as it is; some platforms say `auto`.
    return frame.repartition(int(parts), TIEOUT_ID) if parts.isdigit() else frame.repartition(TIEOUT_ID)


def golden_records(inputs: Inputs, entity: str) -> DataFrame:
    """Return the source records of an entity with `tieout_id`, `_confidence` and golden references.

    Accounts get `reporting_credit_limit` and `reporting_annual_revenue` (decimal(18,2), reporting
    currency) at the rate of `as_of`, because amounts of two records may be in two currencies.
    """
    records = identified(inputs.silver[entity], inputs.crosswalk, entity)
    references = inputs.config.entities[entity].references()
    records = resolve_references(records, inputs.crosswalk, references)
    if entity != "account":
        return records
    dated = with_rate(records, inputs.rates, F.lit(inputs.as_of))
    return reporting(dated, ["credit_limit", "annual_revenue"]).drop("unconverted")


def _golden(inputs: Inputs, entity: str, records: DataFrame) -> DataFrame:
    return golden(records, _survivorship(inputs, entity), inputs.kinds, inputs.config.entities[entity])


def _survivorship(inputs: Inputs, entity: str) -> SurvivorshipConfig:
    return inputs.config.survivorship.get(entity) or SurvivorshipConfig(entity=entity)


def named_facts(inputs: Inputs, only: Collection[str] = FACTS) -> dict[str, DataFrame]:
    """Return what SQL of definitions and questions may read besides gold, by name.

    The facts, `price` (with `product_tieout_id`), and `account`: each system's live record with its
    `tieout_id` and `system_kind`.
    """
    books = Books(inputs.crosswalk, inputs.rates, inputs.config.project.fiscal_year_start_month)
    found = facts(inputs.silver, books, only)
    for name in ("sales_order_line", "invoice_line"):
        if name in found:
            found[name] = _with_product(inputs, found[name])
    return found


def side_tables(inputs: Inputs, only: Collection[str] = SIDE_TABLES) -> dict[str, DataFrame]:
    """Return the silver tables that SQL may read although they hold no documents: account, price."""
    found = {}
    if "account" in only:
        kinds = [F.when(F.col("source_system") == name, kind) for name, kind in inputs.kinds.items()]
        account = identified(inputs.silver["account"], inputs.crosswalk, "account")
        live_account = account.where(~F.coalesce(F.col("_deleted"), F.lit(False)))
        found["account"] = live_account.withColumn("system_kind", F.coalesce(*kinds, F.lit("other")))
    if "price" in only:
        found["price"] = _with_product(inputs, inputs.silver["price"])
    return found


def _with_product(inputs: Inputs, frame: DataFrame) -> DataFrame:
    reference = f"product{REFERENCE_SUFFIX}"
    return resolve_reference(frame, inputs.crosswalk, "product", reference, f"product_{TIEOUT_ID}")


def _members(inputs: Inputs, tables: Frames, facts_by_customer: Frames, keep: Keep) -> DataFrame:
    readable = {**tables, **facts_by_customer, **side_tables(inputs)}
    named = Views(inputs.rates.sparkSession, readable)
    # Each metric brings small parts of its own: written as few files.
    found = metric_members(inputs.definitions.definitions, named, inputs.as_of).hint("rebalance")
    return keep("metric_member", found)


def _metrics(inputs: Inputs, tables: Frames, facts_by_customer: Frames, counted: Future[DataFrame], keep: Keep) -> None:
    wanted = inputs.definitions.definitions
    members = counted.result()
    keep("metric", metric_values(wanted, members, inputs.as_of))
    wide = customer_360(tables["customer"], facts_by_customer, tables["contact"], members, wanted, inputs.as_of)
    keep("customer_360", wide)


def _tie_out(inputs: Inputs, customer: DataFrame, facts_by_customer: Frames, keep: Keep, cached: ExitStack) -> None:
    rules = inputs.definitions.tie_out
    if rules is None:
        return
    project = inputs.config.project
    links = _cache(order_links(facts_by_customer, rules), cached)
    documents = chain_documents(facts_by_customer, links, inputs.as_of)
    lines = tie_out_lines(
        documents, customer, rules, inputs.kinds, project.reporting_currency, project.tie_out_tolerance
    )
    keep("tie_out", tie_out(keep("tie_out_line", lines)))


def _differences(
    inputs: Inputs,
    records: Frames,
    tables: Frames,
    counted: Future[DataFrame],
    keep: Keep,
    cached: ExitStack,
) -> None:
    config = inputs.config
    parts = []
    for entity, name in GOLDEN.items():
        columns, survivorship = tables[name].columns, _survivorship(inputs, entity)
        rules = field_rules(columns, survivorship, config.entities[entity])
        compared = compared_fields(rules, columns, survivorship, inputs.kinds)
        parts.append(contested(records[entity], tables[name], compared, entity))
    words = Words.read(Lookups(config.directory / "lookups"))
    values = _cache(with_differences(reduce(DataFrame.unionByName, parts), words), cached)
    keep("discrepancy", discrepancies(values))
    told = rule_candidates(
        inputs.definitions.definitions, counted.result(), records["account"], tables["customer"], inputs.kinds,
        inputs.as_of,
    )  # fmt: skip
    candidates = reduce(DataFrame.unionByName, [survivorship_candidates(values), *told])
    targets = read_targets(config.sources, {name: config.entities[name] for name in GOLDEN}, config.directory)
    changes = _cache(checked_against_targets(candidates, targets), cached)
    keep("outbox", outbox(changes).hint("rebalance"))
    keep("outbox_held_back", held_back(changes))
