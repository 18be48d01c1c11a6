"""One small sample through the whole pipeline; a standalone cluster and a Spark Connect server, both of them real."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession
from small_sample import CUSTOMERS, SEED, SYSTEMS, Sample, command

from tieout import cli
from tieout_samples import generate

SPARK_HOME = Path(pyspark.__file__).parent
REPOSITORY = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(log: Path, words: str, seconds: int = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if log.exists() and words in log.read_text(errors="replace"):
            return
        time.sleep(0.3)
    raise AssertionError(f"{words!r} not in {log}: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def sample(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Return the sample, whose tables no test changes."""
    folder = tmp_path_factory.mktemp("sample")
    generate(spark, CUSTOMERS, SYSTEMS, str(folder), seed=SEED)
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: printed.append(" ".join(map(str, words))))
        assert cli.main(command(folder, folder / "lake")) == 0, printed
    return Sample(folder / "exports", folder / "truth", folder / "lake", json.loads(printed[-1]))


def spark_environment() -> dict[str, str]:
    """Return the environment in which Spark's own scripts run with this Python."""
    return os.environ | {
        "SPARK_HOME": str(SPARK_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


@dataclass(frozen=True)
class Cluster:
    """A standalone master and two workers, each a process of its own."""

    master: str
    environment: dict[str, str]


@pytest.fixture(scope="session")
def wheel() -> None:
    """Build the package that `deploy/` sends to workers."""
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(REPOSITORY / "dist"), str(REPOSITORY)]
    subprocess.run(build, check=True, capture_output=True)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    port = free_port()
    environment = spark_environment()
    master = f"spark://127.0.0.1:{port}"
    commands = {
        "master": ["master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"],
        "worker-1": ["worker.Worker", "--cores", "1", "--memory", "2g", "--webui-port", "0", master],
        "worker-2": ["worker.Worker", "--cores", "1", "--memory", "2g", "--webui-port", "0", master],
    }
    processes = []
    try:
        for name, (role, *words) in commands.items():
            log = folder / f"{name}.log"
            command = [str(SPARK_HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *words]
            if name != "master":
                command += ["--work-dir", str(folder / name)]
            with log.open("w") as out:
                processes.append(
                    subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=folder)
                )
            wait_for(log, "I have been elected leader" if name == "master" else "Successfully registered")
        yield Cluster(master, environment)
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


@pytest.fixture(scope="session")
def connect_server(wheel: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Spark Connect server that runs in a process of its own, as docs/cluster.md starts one."""
    folder, port = tmp_path_factory.mktemp("connect"), free_port()
    log = folder / "server.log"
    start = [str(REPOSITORY / "deploy" / "connect.sh"), "local[2]", str(port)]
    with log.open("w") as out:
        server = subprocess.Popen(start, stdout=out, stderr=subprocess.STDOUT, env=spark_environment(), cwd=folder)
    try:
        wait_for(log, "Spark Connect server started", seconds=120)
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=60)
