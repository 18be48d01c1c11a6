# Databricks notebook source
# MAGIC %md
# MAGIC # 3. Ask gold
# MAGIC
# MAGIC Gold answers in the words of the business: one row per real customer, every metric as each team
# MAGIC defines it, CRM money against ERP money. This notebook asks a few questions in three ways: a named
# MAGIC question, SQL, and DataFrames.
# MAGIC
# MAGIC It needs a lakehouse after `tieout run` or `tieout demo`. Settings: see notebook 1.

# COMMAND ----------

import pandas as pd
from pyspark.sql import functions as F

import tieout
from tieout.config.models.definitions import merge
from tieout.report.tables import Tables
from tieout.report.chapters.teams import team_facts
from tieout.report.chapters.tie_out import tie_out_facts
from tieout.report.notebook import setting, show
from tieout.report.layout.overlap import overlap_chart
from tieout.report.chapters.teams import team_colours
from tieout.report.chapters.tie_out import quarter_chart, quarter_grid, waterfall_chart
from tieout.report.chapters.worklist import by_owner, work_facts

catalog = setting("catalog", "")
lakehouse = tieout.open_lakehouse(
    None if catalog else setting("root", "demo/lakehouse"), catalog=catalog or None, config=setting("config", "conf")
)
lake, config = lakehouse.lake, lakehouse.config
currency = config.project.reporting_currency
definitions = merge(config.definitions.values())

# COMMAND ----------
# MAGIC %md
# MAGIC ## One row per customer
# MAGIC `gold.customer_360` puts beside each other what sales, finance and support know.

# COMMAND ----------

customers = lake.read("gold", "customer_360")
largest = customers.orderBy(F.desc("contract_value"), "tieout_id").select(
    "name", "country", "systems", "contract_value", "open_pipeline", "overdue", "open_cases", "confidence"
)
show(largest.limit(10), f"The largest customers by contract value, in {currency}")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Named questions
# MAGIC `conf/definitions/questions.yml` holds questions with typed arguments. `tieout ask` asks them from
# MAGIC the command line, `tieout.ask` from Python.

# COMMAND ----------

asked = pd.DataFrame(
    [{"question": one.name, "wording": one.wording, "owner": one.owner} for one in definitions.questions]
)
show(asked, "What can be asked")

answer = tieout.ask(lakehouse, "big_customers_with_old_tickets", limit=10, min_contract_value=50_000, days=30)
show(answer, "Big customers with old tickets")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Who is an active customer?
# MAGIC Three teams, three definitions, three numbers. None is wrong; what helps is to see on whom they
# MAGIC differ.

# COMMAND ----------

tables = Tables(lake)
active = team_facts(tables, "active_customer")
teams = list(active.teams["team"])
show(active.teams, "Each team's definition")
show(overlap_chart(active.overlaps, teams, "teams", "customers", team_colours(teams)), "Where the teams agree")
show(active.examples.assign(teams=active.examples["teams"].map(", ".join)), "Customers on whom they differ")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Where does the money go?
# MAGIC Each deal is followed to its order, its invoices and the cash. A difference has one reason, from the
# MAGIC list in `conf/definitions/tie_out.yml`.

# COMMAND ----------

work = work_facts(tables, config)
money = tie_out_facts(tables, config, work.reasons)
show(quarter_chart(money.quarters, currency), "Won, ordered, invoiced, paid")
show(waterfall_chart(money, currency), "From deal to cash")
show(quarter_grid(money.by_quarter), "Differences by reason and quarter")
show(by_owner(work.reasons), "Who must act")
show(work.cases, "The largest cases of each reason")

# COMMAND ----------
# MAGIC %md
# MAGIC ## SQL, for everything else
# MAGIC Gold tables are Delta tables: any tool that reads Delta can ask them. Which customers does sales
# MAGIC still work on although finance has stopped them?

# COMMAND ----------

customers.createOrReplaceTempView("customer_360")
stopped = lakehouse.spark.sql("""
    SELECT name, country, open_pipeline, overdue, credit_limit
    FROM customer_360
    WHERE credit_block AND open_pipeline > 0
    ORDER BY open_pipeline DESC
    LIMIT 10
""")
show(stopped, f"Blocked by finance, worked on by sales, in {currency}")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Yesterday's answer
# MAGIC Delta keeps versions. The same question to the table as it was first published:

# COMMAND ----------

first = lake.read("gold", "customer_360", version=0).agg(
    F.count("*").alias("customers"), F.sum("overdue").alias("overdue")
)
now = customers.agg(F.count("*").alias("customers"), F.sum("overdue").alias("overdue"))
show(
    first.withColumn("as", F.lit("first published")).unionByName(now.withColumn("as", F.lit("now"))),
    "Then and now",
)
