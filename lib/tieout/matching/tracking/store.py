"""The MLflow store: a tracking server, or a SQLite file with the files of its runs in a folder beside it.

Nothing in the SQLite file says where it is: the URI of its files is `mlflow-artifacts:/`, which an MLflow server
serves from the folder that `--artifacts-destination` names. So a lakehouse can be copied or moved, models and all.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import mlflow
import sqlalchemy
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sqlalchemy.exc import SQLAlchemyError

from tieout.errors import ModelError

SQLITE = "sqlite:///"
FOLDER = "mlartifacts"
# MLflow's scheme for files that a server serves from wherever it is told to.
SERVED = "mlflow-artifacts:/"
# Its logger, its environment and the first use of a new database are the whole process's.
MLFLOW = threading.RLock()
QUIET = {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Store:
    """An MLflow tracking store and model registry, by its tracking URI."""

    uri: str

    @cached_property
    def database(self) -> Path | None:
        """Return the SQLite file; None for any other kind of store."""
        if not self.uri.startswith(SQLITE):
            return None
        return Path(self.uri.removeprefix(SQLITE).partition("?")[0])

    @property
    def exists(self) -> bool:
        """Tell whether there is a store; of a server only asking it can tell."""
        return self.database is None or self.database.exists()

    @cached_property
    def client(self) -> MlflowClient:
        """Return the client, having made a SQLite file that is not there.

        Raises ModelError when the store cannot be opened.
        """
        try:
            with quiet():
                if self.database is not None:
                    _ready(self.database)
                client = MlflowClient(self.uri, registry_uri=self.uri)
                if self.database is not None:
                    # Opens the file now, so that what is wrong with it is said here.
                    client.get_experiment_by_name("Default")
                return client
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise ModelError(f"{self.uri}: MLflow cannot open it ({_first_line(error)}); "
                             "check mlflow.tracking_uri in conf/tieout.yml") from error  # fmt: skip

    @property
    def experiment_location(self) -> str | None:
        """Return where a new experiment keeps its files; None for MLflow's own place."""
        return None if self.database is None else SERVED

    def log_files(self, run_id: str, folder: Path, path: str = "") -> None:
        """Add the files of a folder to a run, under `path`."""
        target = self._run_folder(run_id)
        if target is None:
            with quiet():
                self.client.log_artifacts(run_id, str(folder), path or None)
        else:
            shutil.copytree(folder, target / path, dirs_exist_ok=True)

    def files(self, run_id: str, source: str) -> Path:
        """Return a local folder with the files at `source`, a URI within the files of a run.

        A SQLite file's are where it is now, whatever `source` says. Raises ModelError when they are gone.
        """
        kept = self._run_folder(run_id)
        if kept is not None:
            found = kept / source.rpartition(f"{run_id}/artifacts/")[2]
            if found.is_dir():
                return found
        try:
            with quiet():
                return Path(mlflow.artifacts.download_artifacts(artifact_uri=source, tracking_uri=self.uri))
        except (MlflowException, OSError) as error:
            where = f"{kept} is not there" if kept is not None else _first_line(error)
            raise ModelError(
                f"{source}: MLflow has no such files ({where}); copy {FOLDER} along with the database, "
                "or train again with `tieout train`"
            ) from error

    def _run_folder(self, run_id: str) -> Path | None:
        return None if self.database is None else self.database.absolute().parent / FOLDER / run_id / "artifacts"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _ready(database: Path) -> None:
    """Make the SQLite file if it is not there, and anew where an older version left it half made."""
    if database.exists() and _half_made(database):
        aside = database.with_name(f"{database.name}.half-made-{datetime.now(UTC):%Y%m%dT%H%M%S}")
        database.rename(aside)
        log.warning("%s was left half made, without any run in it; it is %s now", database, aside)
    if not database.exists():
        _create(database)


def _half_made(database: Path) -> bool:
    """Tell whether a migration was cut short (tables of Alembic's are left) before anything was tracked.

    MLflow has no way to ask this: it fails for ever on such a file. Only read here.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not any(name.startswith("_alembic_tmp_") for name in names):
            return False
        return "runs" not in names or not connection.execute("SELECT count(*) FROM runs").fetchone()[0]


def _create(database: Path) -> None:
    """Make a SQLite file elsewhere and put it in place whole, unless another process was first.

    MLflow makes its tables by dozens of migrations, and cannot go on with them if it is killed.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # takes a second, and only to make a new file

    database.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / database.name
        with _unsynced(made):
            SqlAlchemyStore(f"{SQLITE}{made}", SERVED).engine.dispose()
        partial = database.with_name(f".{database.name}.{os.getpid()}")
        shutil.copyfile(made, partial)
    try:
        _link(partial, database)
    finally:
        partial.unlink(missing_ok=True)


def _link(partial: Path, database: Path) -> None:
    try:
        os.link(partial, database)
    except FileExistsError:
        return
    except OSError:
        # A file system without hard links.
        if not database.exists():
            partial.replace(database)


@contextmanager
def _unsynced(database: Path) -> Iterator[None]:
    """Let SQLite not wait for the disk in one file, which nobody misses if the machine stops."""

    def relax(connection: sqlite3.Connection, _: object) -> None:
        name = connection.execute("PRAGMA database_list").fetchone()[2]
        if Path(name).name == database.name and Path(name).parent.resolve() == database.parent.resolve():
            connection.execute("PRAGMA synchronous = OFF")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", relax)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", relax)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow's advice, links and progress bars off the terminal; one thread at a time."""
    with MLFLOW:
        yield from _silenced()


def _silenced() -> Iterator[None]:
    logger = logging.getLogger("mlflow")
    level, before = logger.level, {name: os.environ.get(name) for name in QUIET}
    logger.setLevel(logging.ERROR)
    os.environ.update(QUIET)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
