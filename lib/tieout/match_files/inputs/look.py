"""A first look at the files before Spark runs: read, paired, and a config proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tieout.config.models.matching import MatchingConfig
from tieout.errors import UsageError
from tieout.match_files.inputs.naming import Naming, name_columns
from tieout.match_files.inputs.pairing import read_words
from tieout.match_files.inputs.reading import ROW, local_table, numbered
from tieout.matching.inputs import HEAD, SAMPLE, source_names
from tieout.matching.prepare.local_parquet import LocalParquet, sample
from tieout.matching.propose import propose


@dataclass(frozen=True)
class Look:
    """What the files are: as the engine reads them, by source, with the columns' names in both and the config.

    `extra` are further files (truth, labels) by path. `warnings` are sentences for the user.
    """

    files: tuple[tuple[str, LocalParquet], ...]
    naming: Naming
    config: MatchingConfig
    extra: dict[str, LocalParquet] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def look(
    paths: Sequence[str],
    entity: str,
    folder: Path,
    config: MatchingConfig | None = None,
    words: Path | None = None,
    extra: Sequence[str] = (),
    seed: int = 1,
) -> Look | None:
    """Read one or two local files into `folder`, pair their columns, and propose a config where none is given.

    `words` is a config directory with `words.yml`, by which columns are paired; `extra` are files that are only read.
    Returns None where a file is remote, which Spark reads. Raises UsageError for a file that cannot be read or has
    no records, ConfigError for a config that does not fit the files, SourceError when no column can be compared.
    """
    read = [local_table(path, folder, f"file_{number}") for number, path in enumerate(paths)]
    found = [one for one in read if one is not None]
    if len(found) < len(paths):
        return None
    others = {path: local_table(path, folder, f"extra_{number}") for number, path in enumerate(extra)}
    heads = [one.head(HEAD, one.names).to_pandas() for one in found]
    naming = name_columns(heads, paths, config, read_words(words))
    renamed = []
    for number, (path, one) in enumerate(zip(paths, found, strict=True)):
        if ROW in naming.called(number).values() and ROW not in one.names:
            one = numbered(path, folder, f"file_{number}")
        renamed.append(one.renamed(naming.called(number)))
    _require_two(paths, renamed)
    named = tuple(zip(source_names(paths[0], paths[1] if len(paths) > 1 else None), renamed, strict=True))
    chosen = config or _proposed(named, naming, entity, seed)
    return Look(named, naming, chosen, {p: one for p, one in others.items() if one}, tuple(_warnings(paths, naming)))


def _require_two(paths: Sequence[str], files: Sequence[LocalParquet]) -> None:
    if len(files) == 1 and files[0].rows == 1:
        raise UsageError(f"{paths[0]}: has one record; to find duplicates takes two, and to link it a second file")


def _proposed(files: tuple[tuple[str, LocalParquet], ...], naming: Naming, entity: str, seed: int) -> MatchingConfig:
    records = sum(file.rows for _, file in files)
    chosen = sample(files, list(naming.columns), SAMPLE, seed).to_pandas()
    found = propose(chosen, records=records, within=True, id_column=naming.id_column, entity=entity, kinds=naming.kinds)
    return found.model_copy(update={"files": naming.files})


def _warnings(paths: Sequence[str], naming: Naming) -> list[str]:
    rows = [path for path, own in zip(paths, naming.ids, strict=False) if own == ROW]
    return [f"{path}: no column names each record, so the row's number in the file, from 1, is the id" for path in rows]
