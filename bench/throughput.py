"""How fast do account rows become bronze and silver, beside a bare Spark read of the same CSV written to Delta?

    python bench/throughput.py --rows 10000000 --work DIR

Rows are those of a generated Salesforce Account export, copied under new ids with names, streets, phones, domains,
numbers and times of their own (see varied.py), every value quoted, in 16 files. One address in fifty has a line break,
so the peer reads with `multiLine`, without which it would get other rows; it has a schema of texts, writes one Delta
table, checks nothing and keeps no lineage. Then `tieout ingest` and `tieout conform` run, with the account mapping and
its gates as they are in conf/. Each is one process, started alone, timed from start to end with the JVM and the
workers that it starts.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from processes import TIEOUT, timed
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


def main() -> None:
    """Make the rows unless they are there, run the peer and Tieout, print seconds and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--make", action="store_true", help="only write the rows")
    args = parser.parse_args()
    if args.make:
        make(args.rows, args.work)
        return
    if not (args.work / "exports").exists():
        # A process of its own, whose JVM is not counted with what is timed.
        timed([sys.executable, __file__, "--rows", str(args.rows), "--work", str(args.work), "--make"])
    for name in ("bare", "lakehouse"):
        shutil.rmtree(args.work / name, ignore_errors=True)
    places = ["--root", str(args.work / "lakehouse"), "--config", str(args.work / "conf"), "--systems", "salesforce"]
    commands = {
        "bare": [sys.executable, "-c", BARE, str(args.work / "exports/salesforce/Account"), str(args.work / "bare")],
        "ingest": [*TIEOUT, "ingest", "--input", str(args.work / "exports"), *places],
        "conform": [*TIEOUT, "conform", *places],
    }
    taken = {name: timed(command)[1:] for name, command in commands.items()}
    rows = rows_of(args.work / "bare")
    if rows != rows_of(args.work / "lakehouse/bronze/salesforce__account"):
        raise SystemExit("the peer read other rows than bronze has")
    print(f"{rows:,} rows{'':<10}{'wall s':>10}{'CPU s':>10}{'CPU s per million rows':>26}")
    for name, (wall, cpu) in taken.items():
        print(f"{name:<20}{wall:>10.1f}{cpu:>10.1f}{cpu * 1e6 / rows:>26.1f}")


if __name__ == "__main__":
    main()
