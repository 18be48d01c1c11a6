"""How the columns of one or two files are called in a match: one name for both, and the id of each record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from tieout.config.base import nearest
from tieout.config.models.matching import MatchingConfig
from tieout.errors import ConfigError, UsageError
from tieout.match_files.inputs.pairing import Pairing, Words, own_id, pair_columns
from tieout.match_files.inputs.tables import ROW
from tieout.matching.propose import guess_id

# What the engine itself calls columns.
RESERVED = {"source", "record_id", "_id"}


@dataclass(frozen=True)
class Naming:
    """The names of the columns: name → the files' own names, in the order of the first file.

    `id_column` is the name of the id, among `columns`. `pairs` says why columns of two files were paired, `unused`
    names the columns of each file that have no partner.
    """

    columns: dict[str, tuple[str, ...]]
    id_column: str
    pairs: list[Pairing] = field(default_factory=list)
    unused: tuple[tuple[str, ...], ...] = ()

    @property
    def attributes(self) -> list[str]:
        """Return the names of the columns that may be compared."""
        return [name for name in self.columns if name != self.id_column]

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the files' own names of the id."""
        return self.columns[self.id_column]

    def called(self, side: int) -> dict[str, str]:
        """Return name → own name for one file."""
        return {name: own[side] for name, own in self.columns.items()}

    @property
    def files(self) -> dict[str, list[str]]:
        """Return what `files:` of a config says: the names that differ."""
        return {name: list(own) for name, own in self.columns.items() if any(one != name for one in own)}

    @property
    def kinds(self) -> dict[str, str]:
        """Return the kinds that are known from what columns were taken for."""
        return {one.name: one.kind for one in self.pairs if one.kind is not None}


def name_columns(
    heads: Sequence[pd.DataFrame], paths: Sequence[str], config: MatchingConfig | None, words: Words | None
) -> Naming:
    """Name the columns of one or two files, by the config where there is one, else by their first rows (texts).

    Raises ConfigError where the config names a column that a file lacks, UsageError where two files have no column
    in common.
    """
    if config is not None and config.files:
        return _by_config(heads, paths, config)
    ids = _ids(heads, paths, config, words)
    rest = [
        frame.drop(columns=[name for name in {own, ROW} if name in frame.columns])
        for frame, own in zip(heads, ids, strict=True)
    ]
    if len(heads) == 1:
        return _with_id({str(name): (str(name),) for name in rest[0].columns}, ids, [], ((),))
    if config is None:
        pairs = pair_columns(rest[0], rest[1], words)
    else:
        pairs = [Pairing(name, name, name, "name", 1.0) for name in rest[0].columns if name in rest[1].columns]
    if not pairs:
        raise UsageError(
            f"{paths[0]} and {paths[1]} have no column in common, by name or by values: {_listed(rest[0])} and "
            f"{_listed(rest[1])}; say under `files:` in a config what each file calls a column"
        )
    taken = ({one.left for one in pairs}, {one.right for one in pairs})
    unused = tuple(
        tuple(str(name) for name in frame.columns if name not in known)
        for frame, known in zip(rest, taken, strict=True)
    )
    return _with_id({one.name: (one.left, one.right) for one in pairs}, ids, pairs, unused)


def _ids(
    heads: Sequence[pd.DataFrame], paths: Sequence[str], config: MatchingConfig | None, words: Words | None
) -> tuple[str | None, ...]:
    """Return each file's own name of the id: the config's, one that all have, or one for each."""
    if config is not None and config.id is not None:
        for frame, path in zip(heads, paths, strict=True):
            if config.id not in frame.columns and config.id != ROW:
                raise ConfigError(f"{path}: no column {config.id!r} for the id; there are {_listed(frame)}")
        return (config.id,) * len(heads)
    shared = [name for name in heads[0].columns if name != ROW and all(name in frame.columns for frame in heads)]
    common = guess_id(shared, heads[0])
    if common is not None and len(heads) > 1:
        return (common,) * len(heads)
    return tuple(own_id(frame, words) for frame in heads)


def _with_id(
    columns: dict[str, tuple[str, ...]],
    ids: tuple[str | None, ...],
    pairs: list[Pairing],
    unused: tuple[tuple[str, ...], ...],
) -> Naming:
    own = tuple(name or ROW for name in ids)
    free = {f"{name}_in_file" if name.lower() in RESERVED else name: called for name, called in columns.items()}
    name = own[0] if len(set(own)) == 1 else next(one for one in ("id", "own_id", "own_id_2") if one not in free)
    return Naming({name: own} | free, name, pairs, unused)


def _by_config(heads: Sequence[pd.DataFrame], paths: Sequence[str], config: MatchingConfig) -> Naming:
    columns = {name: tuple(own) for name, own in config.files.items()}
    for name, called in columns.items():
        if len(called) != len(heads):
            raise ConfigError(f"files: {name}: has {len(called)} names for {len(heads)} files; give one for each")
    for name, called in columns.items():
        for own, frame, path in zip(called, heads, paths, strict=True):
            if own not in frame.columns and own != ROW:
                known = [str(column) for column in frame.columns]
                raise ConfigError(f"files: {name}: {path} has no column {own!r}.{nearest(own, known)}")
    used = {own for called in columns.values() for own in called}
    columns |= {
        name: (name,) * len(heads)
        for name in heads[0].columns
        if all(name in one.columns for one in heads) and name not in {*used, *columns, *RESERVED, ROW}
    }
    if config.id is not None and config.id not in columns:
        raise ConfigError(f"id: {config.id!r} is a column of both files, or named under `files:`; found neither")
    name = config.id or ROW
    return Naming({name: columns.get(name, (ROW,) * len(heads))} | columns, name)


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(str(name) for name in frame.columns if name != ROW)
