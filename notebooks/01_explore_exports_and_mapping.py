# Databricks notebook source
# MAGIC %md
# MAGIC # 1. Exports, and what a mapping makes of them
# MAGIC
# MAGIC Bronze holds every row as it was exported: all text, nothing lost. A mapping in
# MAGIC `conf/sources/<system>.yml` turns it into typed, canonical entities. This notebook looks at one
# MAGIC object before and after, step by step. Each step is a function from DataFrame to DataFrame, so that
# MAGIC each can be looked at alone.
# MAGIC
# MAGIC It needs a lakehouse with bronze tables: `tieout demo` makes one in `demo/lakehouse`. Settings are
# MAGIC widgets in Databricks and variables elsewhere: `TIEOUT_ROOT` (or `TIEOUT_CATALOG`), `TIEOUT_CONFIG`,
# MAGIC `TIEOUT_SYSTEM`, `TIEOUT_OBJECT`; `TIEOUT_CHARTS` names a folder that keeps the charts.

# COMMAND ----------

from functools import reduce

import pandas as pd
import plotly.graph_objects as go
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

import tieout
from tieout.config.location import ConfigLocation
from tieout.config.lookups import Lookups
from tieout.quality.quarantine import rejected_rows
from tieout.report.layout import theme
from tieout.report.notebook import setting, show
from tieout.silver.bronze_tables import Bronze
from tieout.silver.entity_plan import planned
from tieout.silver.mapping.mapper import Mapper

catalog = setting("catalog", "")
lakehouse = tieout.open_lakehouse(
    None if catalog else setting("root", "demo/lakehouse"), catalog=catalog or None, config=setting("config", "conf")
)
lake, config = lakehouse.lake, lakehouse.config

# COMMAND ----------
# MAGIC %md
# MAGIC ## What was exported
# MAGIC One table per system and object. `_file` and `_row` say where each row came from.

# COMMAND ----------


def row_count(table: str) -> DataFrame:
    return lake.read("bronze", table).agg(F.lit(table).alias("object"), F.count("*").alias("rows"))


tables = lake.tables("bronze")
counts = reduce(DataFrame.unionByName, map(row_count, tables)).orderBy(F.desc("rows"), "object").toPandas()
bars = go.Figure(go.Bar(x=counts["rows"], y=counts["object"], orientation="h", marker_color=theme.CRM))
theme.style(bars, height=60 + 22 * len(counts)).update_yaxes(autorange="reversed")
show(bars, "Rows by object")

# COMMAND ----------
# MAGIC %md
# MAGIC ## One object, column by column
# MAGIC How full is each column, how many values does it have, how long is the longest? One pass over the
# MAGIC table answers all three for every column.

# COMMAND ----------


def profile(frame: DataFrame) -> DataFrame:
    """Return `column, filled (share), values (about), longest` for every exported column."""
    columns = [name for name in frame.columns if not name.startswith("_")]
    facts = [
        F.struct(
            F.lit(name).alias("column"),
            F.avg((F.trim(F.col(f"`{name}`")) != "").cast("double")).alias("filled"),
            F.approx_count_distinct(f"`{name}`").alias("values"),
            F.max(F.length(f"`{name}`")).alias("longest"),
        )
        for name in columns
    ]
    return frame.agg(F.array(*facts).alias("facts")).select(F.inline("facts"))


first_crm = next(
    name
    for name, source in config.sources.items()
    if source.kind == "crm" and any(t.startswith(f"{name}__") for t in tables)
)
system = setting("system", first_crm)
source = config.sources[system]
object_name = setting("object", next(name for name, item in source.objects.items() if "account" in item.to))
bronze = lake.read("bronze", f"{system}__{object_name.lower()}")

columns = bronze.transform(profile).orderBy(F.desc("filled"), "column").toPandas().fillna({"filled": 0.0})
show(columns, f"{system} {object_name}: its columns")

filled = go.Figure(go.Bar(x=columns["filled"], y=columns["column"], orientation="h", marker_color=theme.BOTH))
theme.style(filled, height=60 + 18 * len(columns)).update_yaxes(autorange="reversed", tickfont_size=10)
show(filled.update_xaxes(tickformat=".0%"), f"{system} {object_name}: how full each column is")

# COMMAND ----------
# MAGIC %md
# MAGIC ## The mapping
# MAGIC Every canonical field is a column, an expression, or a look-up in a code list, followed by
# MAGIC normalisers. Those that hold for every system stand in `conf/entities/account.yml`.

# COMMAND ----------

entity = config.entities["account"]
fields = source.objects[object_name].to["account"].fields
mapping = pd.DataFrame(
    [
        {
            "field": name,
            "type": field.type,
            "from": fields[name].column or fields[name].expr,
            "look-up": str(fields[name].lookup or ""),
            "normalised by": ", ".join(map(str, field.normalise)),
        }
        for name, field in entity.fields.items()
        if name in fields
    ]
)
show(mapping, f"account from {system} {object_name}")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Before and after
# MAGIC `Mapper` compiles the mapping of one object to Spark SQL and functions on its texts. Beside the typed
# MAGIC fields it keeps the exported row in `_raw`, so both can be laid side by side.

# COMMAND ----------

tables_read = Bronze(lake, config)
tables_read.open()
location = ConfigLocation(config.directory / "sources" / f"{system}.yml")
mapper = Mapper(source, tables_read.reader(system), Lookups(config.directory / "lookups"), location)
mapped = mapper.mapped(object_name, entity).persist()


def side_by_side(frame: DataFrame, names: list[str]) -> DataFrame:
    """Put the exported text before the canonical value of each field that comes from one column."""
    pairs = [(F.col("_raw")[fields[name].column].alias(f"{name} exported"), F.col(name)) for name in names]
    return frame.select("source_id", *[column for pair in pairs for column in pair])


shown = [name for name in ("name", "country", "phone", "postcode", "tax_id") if name in fields and fields[name].column]
changed = " OR ".join(f"`{name} exported` IS DISTINCT FROM `{name}`" for name in shown)
show(
    mapped.transform(side_by_side, shown).where(changed).orderBy("source_id").limit(12),
    "Values that the mapping changed",
)

# COMMAND ----------
# MAGIC %md
# MAGIC ## What becomes of each row
# MAGIC `planned` compiles the mapping and the rules of `conf/quality/account.yml`; `staged` are the mapped rows with
# MAGIC their status: current, superseded by a newer version, deleted, or quarantined with the reason. Nothing is
# MAGIC dropped: the statuses add up to the rows.

# COMMAND ----------

plan = planned(config, tables_read, "account", [system], None, {})
staged = plan.staged.where(F.col("_object") == object_name)
show(staged.groupBy("_status").count().orderBy(F.desc("count")), "Rows by status")
rejected = rejected_rows(staged.where("_status = 'quarantined'"), "account", plan.rules, lakehouse.run.run_id)
show(rejected.select("source_id", "rule", "reason").orderBy("rule", "source_id").limit(10), "Rejected rows, and why")

# COMMAND ----------
# MAGIC %md
# MAGIC ## What the systems know about a customer
# MAGIC Silver holds the accounts of all systems in one form. The share of filled fields shows what each can
# MAGIC contribute to the golden record, and what matching can compare.

# COMMAND ----------


def filled_by_system(frame: DataFrame, names: list[str]) -> DataFrame:
    """Return a row per system with the share of records that fill each field."""
    return frame.groupBy("source_system").agg(
        *[F.avg(F.col(name).isNotNull().cast("double")).alias(name) for name in names]
    )


account = lake.read("silver", "account")
compared = ["name", "street", "city", "postcode", "country", "phone", "email", "domain", "tax_id", "duns"]
shares = account.transform(filled_by_system, compared).orderBy("source_system").toPandas().set_index("source_system")
grid = go.Figure(
    go.Heatmap(
        z=shares.to_numpy(), x=compared, y=list(shares.index), texttemplate="%{z:.0%}", zmin=0, zmax=1,
        colorscale=[[0, "#f7f8fa"], [1, theme.BOTH]], showscale=False, xgap=2, ygap=2,
    )
)  # fmt: skip
show(theme.style(grid, height=120 + 40 * len(shares)), "Filled fields by system")
