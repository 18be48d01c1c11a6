# Databricks notebook source
# MAGIC %md
# MAGIC # 2. Train a matching model, and read it
# MAGIC
# MAGIC No key joins the systems, and nobody has labelled pairs. The model learns from the records alone how
# MAGIC much each agreement and disagreement tells (Fellegi and Sunter 1969, by expectation-maximisation).
# MAGIC What it has learned is a small table that people can read and argue about. This notebook trains it,
# MAGIC reads it, and uses it on one pair.
# MAGIC
# MAGIC It needs silver: `tieout demo` makes it. Settings: see notebook 1, and `TIEOUT_ENTITY`.

# COMMAND ----------

import pandas as pd
from pyspark.sql import functions as F

import tieout
from tieout.matching import engine
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.tracking import registry
from tieout.matching.tracking.pyfunc import score_pairs
from tieout.matching.training.parameters_table import parameter_rows
from tieout.report.match_facts import by_weight
from tieout.report.notebook import setting, show
from tieout.report.chapters.model import level_chart, pair_chart, rule_chart, weight_chart, with_weights
from tieout.pipeline.train import entity_records

catalog = setting("catalog", "")
lakehouse = tieout.open_lakehouse(
    None if catalog else setting("root", "demo/lakehouse"), catalog=catalog or None, config=setting("config", "conf")
)
config = lakehouse.config.matching[setting("entity", "account")]

# COMMAND ----------
# MAGIC %md
# MAGIC ## Records
# MAGIC Matching reads plain columns; it knows nothing of the systems that they come from.
# MAGIC `conf/matching/<entity>.yml` says which columns, of what kind, which pairs are worth comparing
# MAGIC (blocking rules), and how (comparisons).

# COMMAND ----------

records = entity_records(lakehouse, config)
show(records.orderBy("record_id").limit(8), "Records to match")
show(
    pd.DataFrame({"blocking rule": [rule.name for rule in config.blocking_rules]}),
    "Pairs that share one of these are compared",
)

# COMMAND ----------
# MAGIC %md
# MAGIC ## Train
# MAGIC `prepare` normalises the records and counts how common values are. `compare` compares candidate pairs.
# MAGIC `fit` counts their patterns of agreement and those of random pairs, and finds the m and u that explain
# MAGIC the counts best. No label is used.

# COMMAND ----------

prepared = engine.prepare(records, config)
compared = engine.compare(prepared)
model = engine.fit(compared).model
prior = model.parameters.prior_weight
show(
    pd.DataFrame(
        [
            ("records", prepared.records),
            ("pairs of records", prepared.population),
            ("expected matches among candidates", round(model.parameters.matches)),
            ("prior weight of a pair, bits", round(prior, 2)),
            ("iterations", model.parameters.iterations),
        ],
        columns=["what", "value"],
    ),
    "What training found",
)

# COMMAND ----------
# MAGIC %md
# MAGIC ## Read it
# MAGIC For each comparison and level: **m**, how often records of one company reach it; **u**, how often
# MAGIC two others do. The weight log2(m / u) is what it adds to the match. A random pair starts far below
# MAGIC zero (the prior), and only several strong agreements bring it above.

# COMMAND ----------

levels = pd.DataFrame(parameter_rows(model)).drop(columns="level").rename(columns={"label": "level"})
show(levels, "m, u and weight by level")
show(level_chart(with_weights(levels)), "What the model learned")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Score all candidate pairs
# MAGIC Two hills and a valley: other companies on the left, the same company on the right. Pairs in the
# MAGIC valley are the ones to ask a person about.

# COMMAND ----------

scored = engine.score(compared, model)
accept, review = config.thresholds.accept, config.thresholds.review
status = F.when(F.col("match_probability") >= accept, "accepted").when(F.col("match_probability") >= review, "review")
pairs = scored.pairs.withColumn("status", F.coalesce(status, F.lit("rejected")))
show(
    weight_chart(pairs.transform(by_weight).toPandas(), config.thresholds.model_dump()),
    "Pairs by match weight",
)

accepted = pairs.where("status = 'accepted'").groupBy("rule").count().toPandas()
names = list(scored.by_rule)
by_rule = {names[row["rule"]]: row["count"] for row in accepted.to_dict("records")}
rules = pd.DataFrame(
    [(name, pairs, by_rule.get(name, 0)) for name, pairs in scored.by_rule.items()],
    columns=["rule", "pairs", "accepted"],
)
show(rule_chart(rules), "Pairs by blocking rule")

# COMMAND ----------
# MAGIC %md
# MAGIC ## Why is this pair a match?
# MAGIC The strongest accepted pair of two sources, field by field, from the prior to the result. Change a
# MAGIC value and run the cell again to see what the model makes of it.

# COMMAND ----------

sides = {side: records.select(*[F.col(name).alias(f"{name}_{side}") for name in records.columns]) for side in "lr"}
ids = pairs.where("status = 'accepted'").orderBy("match_probability", "id_l", "id_r").limit(1).select("id_l", "id_r")
pair = (
    ids.join(sides["l"], F.col("id_l") == F.col("record_id_l"))
    .join(sides["r"], F.col("id_r") == F.col("record_id_r"))
    .toPandas()
)
explained = score_pairs(model, pair).iloc[0]
steps = [("prior", "", prior)]
steps += [
    (scheme.name, explained[f"level_{scheme.name}"], explained[f"weight_{scheme.name}"]) for scheme in model.schemes
]
told = pd.DataFrame(steps, columns=["comparison", "level", "weight"])
values = [
    {"field": name, "one": pair[f"{name}_l"][0], "other": pair[f"{name}_r"][0]} for name in source_columns(config)
]
show(pd.DataFrame(values), "The accepted pair that was the closest call")
show(pair_chart(told), f"From prior to {explained['match_probability']:.1%}")

# COMMAND ----------
# MAGIC %md
# MAGIC ## The model in use
# MAGIC `tieout train` registers each model with MLflow; `tieout resolve` uses the version with the alias
# MAGIC `champion`. `registry.scorer("account", lakehouse.tracking_uri)` is that version as MLflow's pyfunc model;
# MAGIC from a tracking server, `mlflow.pyfunc.load_model("models:/tieout-account@champion")` is the same.

# COMMAND ----------

champion = registry.champion(config.entity, lakehouse.tracking_uri)
show(
    pd.DataFrame([champion[1].to_dict()] if champion else [], columns=["name", "version", "alias"]),
    "The champion",
)
scored.release()
prepared.release()
