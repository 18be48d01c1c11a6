"""A PostgreSQL of a test's own, on loopback, in a folder that goes with it."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

INSTALLED = Path("/usr/lib/postgresql")
USER, PASSWORD, DATABASE = "reader", "s3cret-of-the-test", "legacy"


@dataclass(frozen=True)
class Postgres:
    """A server that runs."""

    programs: Path
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/{DATABASE}"

    def run(self, sql: str, database: str = DATABASE) -> str:
        """Run SQL; return what psql prints."""
        command = [self.programs / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database]
        done = subprocess.run(
            [*map(str, command), "-v", "ON_ERROR_STOP=1", "-q", "-A", "-t", "-c", sql],
            env=os.environ | {"PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def programs() -> Path:
    """Return the folder of PostgreSQL's programs; install Debian's where that can be, else skip the test."""
    if not _newest() and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            subprocess.run(["apt-get", "-q", *words], env=environment, capture_output=True, check=False, timeout=600)
    found = _newest()
    if found is None:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql, and Debian's could not be installed")
    return found


def _newest() -> Path | None:
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server with an empty database `legacy`; stop it and remove its files."""
    bin_folder = programs()
    folder = Path(tempfile.mkdtemp(prefix="tieout-postgres-"))
    owner = _owner(folder)
    (folder / "password").write_text(PASSWORD)
    os.chmod(folder / "password", 0o644)
    server = Postgres(bin_folder, _free_port(), folder / "log")
    data = folder / "data"
    try:
        _as(
            owner, bin_folder / "initdb", "-D", data, "-U", USER, "--pwfile", folder / "password", "-A", "scram-sha-256"
        )
        options = (
            f"-p {server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            "-c fsync=off -c log_statement=all"
        )
        _as(owner, bin_folder / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        server.run(f"CREATE DATABASE {DATABASE}", database="postgres")
        yield server
    finally:
        if data.exists():
            _as(owner, bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> str:
    """Return the user that the server runs as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return getpass.getuser()
    user = (
        "postgres" if subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode == 0 else "nobody"
    )
    shutil.chown(folder, user)
    return user


def _as(owner: str, *words: object) -> None:
    command = [str(word) for word in words]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid", owner, "--regid", str(_group(owner)), "--clear-groups", *command]
    # A server that inherited a pipe would keep it open.
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", check=False, timeout=60
    )
    assert done.returncode == 0, f"{command}: {done.returncode}"


def _group(owner: str) -> int:
    import pwd

    return pwd.getpwnam(owner).pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
