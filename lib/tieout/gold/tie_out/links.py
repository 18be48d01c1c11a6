"""Links from ERP orders to the CRM deals that they came from.

By what the order quotes; else by customer, quarter, currency and amount; else by customer, currency
and amount within some days.
"""

from __future__ import annotations

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tieout.config.models.definitions import TieOutRules
from tieout.config.sql_errors import explain
from tieout.errors import ConfigError, Problem
from tieout.gold.documents.facts import QUARTER
from tieout.gold.records import TIEOUT_ID
from tieout.platform.connect import analysed

DEAL = "deal_id"
ORDER = "order_id"
LINK = "link"
SAME_MONEY = [TIEOUT_ID, "currency", "amount"]


def document_id() -> Column:
    """Return `system:source_id`, the name of a document in the tie-out."""
    return F.concat_ws(":", "source_system", "source_id")


def deal_of_order(orders: DataFrame, deals: DataFrame, rules: TieOutRules) -> DataFrame:
    """Return `order_id, deal_id, link` for the orders that have a deal; an order has one at most.

    `orders` and `deals` are facts (sales_order, opportunity: those that count). `link` is
    `reference`, `amount` (same quarter) or `amount_near` (within `rules.link_days`). Raises
    ConfigError for a key that is not SQL over its entity.
    """
    deals = deals.withColumn(DEAL, document_id())
    orders = orders.withColumn(ORDER, document_id())
    quoted = quoted_deals(orders, deals, rules)
    sides = _side(orders.join(quoted, ORDER, "left"), ORDER, "net_amount", "order_date").unionByName(
        _side(deals.join(quoted.select(DEAL).distinct().withColumn("quoted", F.lit(True)), DEAL, "left"),
              DEAL, "amount", "close_date")
    )  # fmt: skip
    paired = _pair(sides, [*SAME_MONEY, QUARTER], "amount", None)
    paired = _pair(paired, SAME_MONEY, "amount_near", rules.link_days)
    return paired.where(F.col(ORDER).isNotNull() & F.col(LINK).isNotNull()).select(
        ORDER, F.col("partner").alias(DEAL), LINK
    )


def quoted_deals(orders: DataFrame, deals: DataFrame, rules: TieOutRules) -> DataFrame:
    """Return `order_id, deal_id` of the orders that quote a deal; of several deals one of the order's own customer.

    `orders` has order_id, `deals` deal_id. Raises ConfigError for a key that is not SQL over its entity.
    """
    check_keys(orders, deals, rules)
    known = keyed(deals, rules.deal_keys, "deal_keys").select("_key", DEAL, F.col(TIEOUT_ID).alias("_deal_customer"))
    quoting = keyed(orders, rules.reference_keys, "reference_keys").select("_key", ORDER, TIEOUT_ID)
    same_customer = F.coalesce(F.col(TIEOUT_ID) == F.col("_deal_customer"), F.lit(False))
    return quoting.join(known, "_key").groupBy(ORDER).agg(F.max_by(DEAL, F.struct(same_customer, DEAL)).alias(DEAL))


def check_keys(orders: DataFrame, deals: DataFrame, rules: TieOutRules) -> None:
    """Raise ConfigError for every key of the links that is not SQL over its entity."""
    problems = []
    for name, keys, documents, what in (
        ("deal_keys", rules.deal_keys, deals, "opportunity"),
        ("reference_keys", rules.reference_keys, orders, "sales_order"),
    ):
        for position, key in enumerate(keys):
            try:
                _ = documents.select(F.expr(key).cast("string")).schema
            except PySparkException as error:
                found = explain(error, key, what, documents.columns)
                where = f"conf/definitions: tie_out.{name}.{position}"
                problems.append(Problem(found.message, key=where, item=rules, keys=(name, position)))
    if problems:
        raise ConfigError(*problems)


def keyed(documents: DataFrame, keys: list[str], what: str) -> DataFrame:
    """Return a row for each form of a document's number (`_key`, in capitals); none where there is no number.

    `keys` are SQL over the documents. Raises ConfigError, which names `what`, for a key that is none.
    """
    try:
        forms = F.array(*[F.upper(F.trim(F.expr(key).cast("string"))) for key in keys])
        exploded = analysed(documents.withColumn("_key", F.explode(F.array_distinct(forms))))
    except PySparkException as error:
        problem = explain(error, "", what, documents.columns).message
        raise ConfigError(f"conf/definitions: tie_out.{what}: {keys}: {problem}") from error
    return exploded.where("_key <> ''")


def _side(documents: DataFrame, name: str, amount: str, day: str) -> DataFrame:
    """Bring orders and deals to one shape; `taken` marks what a reference has linked already."""
    is_order = name == ORDER
    linked = F.col(DEAL) if is_order else F.lit(None).cast("string")
    taken = linked.isNotNull() if is_order else F.coalesce("quoted", F.lit(False))
    # What has no customer or no money cannot be told apart by it.
    unusable = F.col(TIEOUT_ID).isNull() | ~F.coalesce(F.col(amount) > 0, F.lit(False))
    return documents.select(
        TIEOUT_ID,
        "currency",
        F.col(amount).alias("amount"),
        QUARTER,
        F.col(day).alias("day"),
        (F.col(name) if is_order else F.lit(None).cast("string")).alias(ORDER),
        (F.lit(None).cast("string") if is_order else F.col(name)).alias("deal"),
        (taken | unusable).alias("taken"),
        linked.alias("partner"),
        F.when(linked.isNotNull(), "reference").alias(LINK),
    )


def _pair(sides: DataFrame, keys: list[str], name: str, days: int | None) -> DataFrame:
    """Pair the first free order with the first free deal of equal keys, the second with the second ..."""
    is_order = F.col(ORDER).isNotNull()
    queue = Window.partitionBy(*keys, "taken", is_order).orderBy("day", F.coalesce(ORDER, "deal"))
    both = Window.partitionBy(*keys, "taken", "place")
    met = sides.withColumn("place", F.row_number().over(queue)).withColumns(
        {
            "deal_met": F.max("deal").over(both),
            "order_met": F.max(ORDER).over(both),
            "apart": F.datediff(F.max("day").over(both), F.min("day").over(both)),
        }
    )
    near = F.lit(True) if days is None else F.col("apart") <= days
    pairs = ~F.col("taken") & F.col("deal_met").isNotNull() & F.col("order_met").isNotNull() & near
    return met.withColumns(
        {
            "partner": F.when(pairs & is_order, F.col("deal_met")).otherwise(F.col("partner")),
            LINK: F.when(pairs & is_order, name).otherwise(F.col(LINK)),
            "taken": F.col("taken") | pairs,
        }
    ).drop("place", "deal_met", "order_met", "apart")
