"""Links two company files with Splink, on DuckDB or Spark: the peer that bench/compare.py runs, in Splink's own venv.

    python splink_link.py LEFT RIGHT OUT --backend duckdb|spark

Rules and comparisons are those of Splink's own examples for such columns; values are prepared as its guides advise
(lower case, digits of phones). Writes OUT/pairs.parquet (id_l, id_r, probability from 0.01) and
OUT/clusters-<threshold>.parquet (id, cluster_id), and prints one JSON line of figures.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on

THRESHOLDS = (0.5, 0.9, 0.99, 0.999)
seconds: dict[str, float] = {}


@contextmanager
def phase(name: str):
    """Time one phase."""
    started = time.monotonic()
    yield
    seconds[name] = round(time.monotonic() - started, 1)


def prepared(path: str) -> pd.DataFrame:
    """Return a file's records, prepared as Splink's guides advise."""
    frame = pd.read_parquet(path)
    for name in ("name", "street", "city", "email"):
        frame[name] = frame[name].str.lower().str.strip()
    frame["phone"] = frame["phone"].str.replace(r"\D", "", regex=True).str[-8:]
    frame["tax_id"] = frame["tax_id"].str.replace(r"\D", "", regex=True)
    return frame.replace("", None)


def settings() -> SettingsCreator:
    """Return rules and comparisons for company records."""
    return SettingsCreator(
        link_type="link_and_dedupe",
        unique_id_column_name="id",
        blocking_rules_to_generate_predictions=[
            block_on("tax_id"),
            block_on("phone"),
            block_on("email"),
            block_on("name"),
            block_on("postcode", "substr(name, 1, 3)"),
            block_on("street", "city"),
        ],
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.95, 0.88, 0.8]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("street", [0.95, 0.88]),
            cl.JaroWinklerAtThresholds("city", [0.9]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("postcode", [1]),
            cl.ExactMatch("country"),
            cl.LevenshteinAtThresholds("phone", [1]),
            cl.JaroWinklerAtThresholds("email", [0.9]),
            cl.LevenshteinAtThresholds("tax_id", [1]),
        ],
    )


def backend(name: str):
    """Return Splink's DuckDB or Spark API."""
    if name == "duckdb":
        from splink import DuckDBAPI

        return DuckDBAPI()
    from pyspark.sql import SparkSession
    from splink import SparkAPI
    from splink.backends.spark import similarity_jar_location

    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "8g")
    builder = builder.config("spark.jars", similarity_jar_location()).config("spark.sql.shuffle.partitions", "16")
    builder = builder.config("spark.default.parallelism", "16").config("spark.ui.enabled", "false")
    session = builder.getOrCreate()
    session.sparkContext.setCheckpointDir("/tmp/splink_checkpoints")
    return SparkAPI(spark_session=session)


def _on_spark(spark, frame: pd.DataFrame, path: Path):
    """Return the records as Spark reads them from a file: handed over directly, what is missing becomes a word."""
    frame.to_parquet(path, index=False)
    return spark.read.parquet(str(path))


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("left")
    parser.add_argument("right")
    parser.add_argument("out", type=Path)
    parser.add_argument("--backend", choices=("duckdb", "spark"), default="duckdb")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with phase("prepare"):
        frames = [prepared(path) for path in (args.left, args.right)]
        api = backend(args.backend)
        if args.backend == "spark":
            frames = [_on_spark(api.spark, frame, args.out / f"{n}.parquet") for n, frame in enumerate(frames)]
        linker = Linker(frames, settings(), api, input_table_aliases=["crm", "erp"])
    with phase("train"):
        rules = [block_on("tax_id"), block_on("phone")]
        linker.training.estimate_probability_two_random_records_match(rules, recall=0.7)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1 if args.backend == "duckdb" else None)
        for rule in (block_on("tax_id"), block_on("name")):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
    with phase("predict"):
        predicted = linker.inference.predict(threshold_match_probability=0.01)
        pairs = predicted.as_pandas_dataframe()[["id_l", "id_r", "match_probability"]]
    for threshold in THRESHOLDS:
        with phase(f"cluster {threshold}"):
            found = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold)
            clusters = found.as_pandas_dataframe()[["id", "cluster_id"]]
        clusters.to_parquet(args.out / f"clusters-{threshold}.parquet")
    pairs.rename(columns={"match_probability": "probability"}).to_parquet(args.out / "pairs.parquet")
    print(json.dumps({"seconds": seconds, "pairs_kept": len(pairs)}))


if __name__ == "__main__":
    main()
