"""Sample exports made once, the pipeline run once; and a real standalone cluster."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Cluster:
    """A standalone master and two workers, each a process of its own."""

    master: str
    environment: dict[str, str]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    port = free_port()
    environment = os.environ | {
        "SPARK_HOME": str(SPARK_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
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
