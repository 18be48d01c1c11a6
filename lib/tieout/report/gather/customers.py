"""Published customers: how many, from how many records, known to which systems."""

from __future__ import annotations

from pyspark.sql import functions as F

from tieout.report.facts import CustomerFacts
from tieout.report.tables import Tables, small

LARGEST, SIZES = 8, 10


def customer_facts(tables: Tables) -> CustomerFacts:
    """Read `gold.customer` (`tieout_id, name, systems, record_count`)."""
    customer = tables.find("gold", "customer")
    if customer is None:
        return CustomerFacts()
    systems = F.array_sort("systems").alias("systems")
    counted = [F.count("*").alias("customers"), F.sum("record_count").alias("all_records")]
    places = small(customer.groupBy(systems).agg(*counted).orderBy(F.desc("customers")), 60)
    size = F.least("record_count", F.lit(SIZES)).alias("records")
    sizes = small(customer.groupBy(size).agg(F.count("*").alias("customers")).orderBy("records"), SIZES)
    several = customer.where("record_count > 2").orderBy(F.desc("record_count"), "tieout_id")
    largest = several.select(
        "tieout_id",
        "name",
        F.col("record_count").alias("records"),
        F.concat_ws(", ", systems).alias("systems"),
    )
    places["systems"] = [tuple(map(tables.titled, found)) for found in places["systems"]]
    shown = small(largest, LARGEST)
    shown = shown.assign(systems=shown["systems"].map(tables.titled))
    records = int(places["all_records"].sum()) if len(places) else 0
    return CustomerFacts(places, sizes, shown, records)
