"""How fast do account rows become bronze and silver, beside a bare Spark read of the same CSV written to Delta?

    python bench/throughput.py --rows 10000000 --work DIR

Rows are those of a generated Salesforce Account export, copied under new ids with names, streets, phones, domains,
numbers and times of their own (see varied.py), every value quoted, in 16 files. One address in fifty has a line break,
so the peer reads with `multiLine`, without which it would get other rows; it has a schema of texts, writes one Delta
table, checks nothing and keeps no lineage. Then `tieout ingest` and `tieout conform` run, with the account mapping and
its gates as they are in conf/. Each is one process, started alone; `wall` is that process from start to end.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from pyarrow import parquet
from pyspark.sql import functions as F
from ruamel.yaml import YAML
from varied import COPY, varied

from tieout.platform.session import get_spark
from tieout_samples import generate

CONF = Path(__file__).parents[1] / "conf"
CUSTOMERS = 5_000
FILES = 16
BARE = """
import sys
from tieout.platform.session import get_spark
source, target = sys.argv[1:]
spark = get_spark("bare")
columns = spark.read.csv(source, header=True).columns
schema = ", ".join(f"`{name}` string" for name in columns)
rows = spark.read.csv(source, header=True, schema=schema, escape='"', multiLine=True)
rows.write.format("delta").save(target)
"""


def make(rows: int, work: Path) -> None:
    """Write DIR/exports/salesforce/Account with at least `rows` rows, and DIR/conf with that object alone."""
    spark = get_spark("rows")
    generate(spark, CUSTOMERS, ["salesforce"], str(work / "sample"))
    few = spark.read.csv(str(work / "sample/exports/salesforce/Account"), header=True, escape='"', multiLine=True)
    copies = -(-rows // few.count())
    numbers = spark.range(copies, numPartitions=FILES).toDF(COPY)
    many = varied(F.broadcast(few).crossJoin(numbers))
    many.write.csv(str(work / "exports/salesforce/Account"), header=True, quoteAll=True, escape='"')
    shutil.copytree(CONF, work / "conf")
    config, yaml = work / "conf/sources/salesforce.yml", YAML()
    said = yaml.load(config)
    said["objects"] = {name: said["objects"][name] for name in ("Account", "User") if name in said["objects"]}
    yaml.dump(said, config)
    spark.stop()


def rows_of(table: Path) -> int:
    """Return a Delta table's number of rows, by its files; it has one version."""
    files = (file for file in table.rglob("*.parquet") if "_delta_log" not in file.parts)
    return sum(parquet.read_metadata(file).num_rows for file in files)


def timed(command: list[str]) -> float:
    """Run a command; return its seconds."""
    started = time.monotonic()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return round(time.monotonic() - started, 1)


def main() -> None:
    """Make the rows unless they are there, run the peer and Tieout, print seconds and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    if not (args.work / "exports").exists():
        make(args.rows, args.work)
    for name in ("bare", "lakehouse"):
        shutil.rmtree(args.work / name, ignore_errors=True)
    figures = {"bare": timed(["-c", BARE, str(args.work / "exports/salesforce/Account"), str(args.work / "bare")])}
    tieout = str(Path(sys.executable).with_name("tieout"))
    places = ["--root", str(args.work / "lakehouse"), "--config", str(args.work / "conf")]
    figures["ingest"] = timed(
        [tieout, "ingest", "--input", str(args.work / "exports"), "--systems", "salesforce", *places]
    )
    figures["conform"] = timed([tieout, "conform", "--systems", "salesforce", *places])
    rows = rows_of(args.work / "bare")
    if rows != rows_of(args.work / "lakehouse/bronze/salesforce__account"):
        raise SystemExit("the peer read other rows than bronze has")
    share = figures["bare"] / (figures["ingest"] + figures["conform"])
    print(json.dumps({"rows": rows, "wall": figures, "share_of_bare_speed": round(share, 3)}))


if __name__ == "__main__":
    main()
