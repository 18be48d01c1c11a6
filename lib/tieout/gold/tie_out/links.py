"""Which ERP order came from which CRM deal?

By what the order quotes; else by customer, quarter, currency and amount; else by customer, currency
and amount within some days.
"""

from __future__ import annotations

from functools import reduce

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tieout.config.definitions import TieOutRules
from tieout.errors import ConfigError
from tieout.gold.facts import QUARTER
from tieout.gold.records import TIEOUT_ID

DEAL = "deal_id"
ORDER = "order_id"
LINK = "link"


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
    quoted = _by_reference(orders, deals, rules)
    found = [quoted]
    for keys, days, name in (([QUARTER], None, "amount"), ([], rules.link_days, "amount_near")):
        done = reduce(DataFrame.unionByName, found)
        free_orders = orders.join(done, ORDER, "left_anti")
        free_deals = deals.join(done, DEAL, "left_anti")
        found.append(_by_amount(free_orders, free_deals, keys, days).withColumn(LINK, F.lit(name)))
    return reduce(DataFrame.unionByName, found)


def _by_reference(orders: DataFrame, deals: DataFrame, rules: TieOutRules) -> DataFrame:
    known = _keyed(deals, rules.deal_keys, "deal_keys").select(
        "_key", DEAL, F.col(TIEOUT_ID).alias("_deal_customer")
    )
    quoting = _keyed(orders, rules.reference_keys, "reference_keys").select("_key", ORDER, TIEOUT_ID)
    same_customer = F.coalesce(F.col(TIEOUT_ID) == F.col("_deal_customer"), F.lit(False))
    return (
        quoting.join(known, "_key")
        .groupBy(ORDER)
        .agg(F.max_by(DEAL, F.struct(same_customer, DEAL)).alias(DEAL))
        .withColumn(LINK, F.lit("reference"))
    )


def _keyed(documents: DataFrame, keys: list[str], what: str) -> DataFrame:
    """Return a row for each form of a document's number, in capitals; none where there is no number."""
    try:
        forms = F.array(*[F.upper(F.trim(F.expr(key).cast("string"))) for key in keys])
        exploded = documents.withColumn("_key", F.explode(F.array_distinct(forms)))
    except AnalysisException as error:
        problem = str(error).splitlines()[0]
        raise ConfigError(f"conf/definitions: tie_out.{what}: {keys}: {problem}") from error
    return exploded.where("_key <> ''")


def _by_amount(orders: DataFrame, deals: DataFrame, keys: list[str], days: int | None) -> DataFrame:
    """Pair the first order with the first deal of equal keys, the second with the second, and so on."""
    same = [TIEOUT_ID, "currency", "_amount", "_place", *keys]
    left = _placed(orders, "net_amount", "order_date", keys, ORDER)
    right = _placed(deals, "amount", "close_date", keys, DEAL)
    pairs = left.join(right, same)
    if days is not None:
        pairs = pairs.where(F.abs(F.datediff("order_date", "close_date")) <= days)
    return pairs.select(ORDER, DEAL)


def _placed(documents: DataFrame, amount: str, day: str, keys: list[str], name: str) -> DataFrame:
    by = [TIEOUT_ID, "currency", "_amount", *keys]
    order = Window.partitionBy(*by).orderBy(day, name)
    usable = documents.withColumn("_amount", F.col(amount)).where(
        F.col(TIEOUT_ID).isNotNull() & (F.col("_amount") > 0)
    )
    return usable.select(*by, day, name, F.row_number().over(order).alias("_place"))
