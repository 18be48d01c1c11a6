"""A first look at the files: opened, their columns paired, and a config proposed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import SparkSession

from tieout.config.models.matching import MatchingConfig
from tieout.errors import UsageError
from tieout.match_files.inputs.naming import Naming, name_columns
from tieout.match_files.inputs.pairing import read_words
from tieout.match_files.inputs.reading import local_table, numbered
from tieout.match_files.inputs.tables import ROW, RemoteTable, TextTable, sample
from tieout.matching.inputs import source_names
from tieout.matching.propose import propose

# Rows by which columns are paired, and records by which a config is proposed.
HEAD, SAMPLE = 5_000, 20_000


@dataclass(frozen=True)
class Look:
    """What the files are: tables by source, under the columns' names in both, with the config.

    `extra` are further files (truth, labels) by path. `warnings` are sentences for the user.
    """

    files: Mapping[str, TextTable]
    naming: Naming
    config: MatchingConfig
    extra: Mapping[str, TextTable] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def look(
    paths: Sequence[str],
    entity: str,
    folder: Path,
    session: Callable[[], SparkSession],
    config: MatchingConfig | None = None,
    words: Path | None = None,
    extra: Sequence[str] = (),
    seed: int = 1,
) -> Look:
    """Open one or two files, pair their columns, and propose a config where none is given.

    Local files are read into `folder`, without Spark; remote ones by the Spark session, which is not asked for
    before. `words` is a config directory with `words.yml`, by which columns are paired; `extra` are files that are
    only opened. Raises UsageError for a file that cannot be read or has no records, ConfigError for a config that does
    not fit the files, SourceError when no column can be compared.
    """
    found = [_opened(path, folder, f"file_{number}", session) for number, path in enumerate(paths)]
    others = {path: _opened(path, folder, f"extra_{number}", session) for number, path in enumerate(extra)}
    heads = [table.head(HEAD).to_pandas() for table in found]
    naming = name_columns(heads, paths, config, read_words(words))
    renamed = []
    for number, (path, table) in enumerate(zip(paths, found, strict=True)):
        if ROW in naming.called(number).values() and ROW not in table.names:
            table = table.numbered() if isinstance(table, RemoteTable) else numbered(path, folder, f"file_{number}")
        renamed.append(table.renamed(naming.called(number)))
    _require_two(paths, renamed)
    files = dict(zip(source_names(paths[0], paths[1] if len(paths) > 1 else None), renamed, strict=True))
    chosen = config or _proposed(files, naming, entity, seed)
    return Look(files, naming, chosen, others, tuple(_warnings(paths, naming)))


def _opened(path: str, folder: Path, name: str, session: Callable[[], SparkSession]) -> TextTable:
    if "://" in path:
        return RemoteTable.open(session(), path)
    return local_table(path, folder, name)


def _require_two(paths: Sequence[str], files: Sequence[TextTable]) -> None:
    if len(files) == 1 and files[0].rows == 1:
        raise UsageError(f"{paths[0]}: has one record; to find duplicates takes two, and to link it a second file")


def _proposed(files: Mapping[str, TextTable], naming: Naming, entity: str, seed: int) -> MatchingConfig:
    records = sum(table.rows for table in files.values())
    chosen = sample(files, list(naming.columns), SAMPLE, seed).to_pandas()
    found = propose(chosen, records=records, within=True, id_column=naming.id_column, entity=entity, kinds=naming.kinds)
    return found.model_copy(update={"files": naming.files})


def _warnings(paths: Sequence[str], naming: Naming) -> list[str]:
    rows = [path for path, own in zip(paths, naming.ids, strict=False) if own == ROW]
    return [f"{path}: no column names each record, so the row's number in the file, from 1, is the id" for path in rows]
