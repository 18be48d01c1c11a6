"""Which files of an input belong to which object, and whether anything is missing that must be there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tieout.bronze.exported import Export
from tieout.bronze.files import SourceFile, select_files
from tieout.config import Config
from tieout.config.models.reading import SettleOptions
from tieout.config.models.source import SourceConfig
from tieout.errors import ConfigError, SourceError

Settled = Callable[[SourceFile, SettleOptions], bool]


def plan_exports(config: Config, files: Sequence[SourceFile], input_uri: str, settled: Settled) -> list[Export]:
    """Return the objects that the input has files for, or a database a table, in the config's order.

    Files that are not `settled` are left for the next run. Raises SourceError, naming everything that
    is missing, when there is no folder for a system that was asked for, or no file for a required object.
    """
    missing: list[str] = []
    exports: list[Export] = []
    for system, source in config.sources.items():
        own = [file for file in files if file.system == system]
        if own or any(source.reading(name).format == "jdbc" for name in source.objects):
            found = _system_exports(source, own, settled)
            exports += found
            missing += _missing_objects(source, found, input_uri)
        elif system in config.required_sources:
            missing.append(f"{input_uri}/{system}: no such folder, or no file in it; export {system} to it")
    if not exports and not missing:
        known = ", ".join(config.sources)
        missing.append(f"{input_uri}: no folder of a configured system; there are configs for {known}")
    if missing:
        raise SourceError("\n".join(missing))
    return exports


def _system_exports(source: SourceConfig, files: Sequence[SourceFile], settled: Settled) -> list[Export]:
    exports = []
    for name, item in source.objects.items():
        keys = tuple(key.column for key in item.key if key.column)
        options = source.reading(name)
        if options.format == "jdbc":
            if options.jdbc is None:
                raise ConfigError(f"sources/{source.system}.yml: objects.{name}.jdbc: required key is missing")
            exports.append(Export(source.system, name, options, keys, ()))
            continue
        chosen = tuple(file for file in select_files(files, item.files) if settled(file, options.settle))
        if chosen:
            exports.append(Export(source.system, name, options, keys, chosen))
    return exports


def _missing_objects(source: SourceConfig, found: Sequence[Export], input_uri: str) -> list[str]:
    present = {export.object for export in found}
    return [
        f"{input_uri}/{source.system}: no complete file, or only empty ones, for the required object {name}; "
        f"its files are {' or '.join(item.files)} (objects.{name}.files in sources/{source.system}.yml)"
        for name, item in source.objects.items()
        if item.required and name not in present
    ]
