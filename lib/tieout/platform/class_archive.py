"""An archive of the classes that Spark needs, from which the JVM starts in half the time.

    python -m tieout.platform.class_archive

makes the archive, of some 170 MB, inside this Python environment (`make install` does so). Without one, or with one of
another Java or Spark, all works as before: the JVM then loads and verifies some ten thousand classes one by one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pyspark

# Of classes that cannot be archived the JVM would say so, on the standard output.
QUIET = "-Xlog:disable -Xlog:all=error:stderr"
# Made by the JVM as it ends.
SECONDS = 120


def java() -> str | None:
    """Return the Java that Spark will start, None where there is none."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")


def archive_path() -> Path | None:
    """Return where the archive for this Java and this Spark is, or would be; None without Java."""
    found = java()
    if found is None:
        return None
    real = Path(found).resolve()
    spark = Path(pyspark.__file__).parent
    said = f"{real} {real.stat().st_mtime_ns} {pyspark.__version__} {spark} {os.environ.get('SPARK_HOME', '')}"
    return Path(sys.prefix) / "share" / "tieout" / f"classes-{hashlib.sha256(said.encode()).hexdigest()[:12]}.jsa"


def option() -> str:
    """Return the JVM's option to use the archive, empty where there is none."""
    found = archive_path()
    return f"-XX:SharedArchiveFile={found} {QUIET}" if found is not None and found.exists() else ""


def make() -> Path | None:
    """Make the archive unless it is there; return where it is, None where it cannot be made."""
    wanted = archive_path()
    if wanted is None or wanted.exists():
        return wanted
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    part = wanted.with_suffix(f".{os.getpid()}.part")
    done = subprocess.run([sys.executable, "-c", _TRAINING, str(part)], capture_output=True, text=True, check=False)
    if done.returncode or not part.exists():
        part.unlink(missing_ok=True)
        return None
    part.rename(wanted)
    return wanted


def train(part: Path) -> None:
    """Have Spark do a little of all that Tieout asks of it, in a JVM that writes the archive as it ends."""
    from pyspark.sql import functions as F

    from tieout.platform.session import get_spark

    options = f"-XX:ArchiveClassesAtExit={part} {QUIET} -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    spark = get_spark("classes", conf={"spark.driver.extraJavaOptions": options}, small=True, delta=False)
    with tempfile.TemporaryDirectory() as work:
        rows = spark.range(0, 100, 1, 2).withColumn("text", F.concat(F.lit("a"), "id"))
        rows.write.csv(f"{work}/csv", header=True)
        rows = spark.read.csv(f"{work}/csv", header=True)
        counted = rows.groupBy("text").count().mapInArrow(lambda batches: batches, "text string, count bigint")
        rows.join(counted.persist(), "text").orderBy("text").toArrow()
        counted.write.parquet(f"{work}/parquet")
        spark.read.parquet(f"{work}/parquet").count()
    spark.stop()
    # The JVM and what it started: asked to end, it writes the archive first.
    started = psutil.Process().children(recursive=True)
    for process in started:
        process.terminate()
    for process in psutil.wait_procs(started, SECONDS)[1]:
        process.kill()


_TRAINING = (
    "import sys; from pathlib import Path; from tieout.platform.class_archive import train; train(Path(sys.argv[1]))"
)

if __name__ == "__main__":
    made = make()
    sys.exit(0 if made else "no archive of classes was made: it takes Java, and an environment that can be written to")
