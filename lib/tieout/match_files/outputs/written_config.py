"""The config of a match as people edit it: what each column was taken for and why, and no defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from tieout.config.models.matching import MatchingConfig
from tieout.match_files.inputs.naming import Naming

HEADER = "# How these files were matched. Edit it and pass it as --config; docs/match.md explains it.\n"


def write_config(path: Path, config: MatchingConfig, naming: Naming) -> None:
    """Write a config that `--config` reads again, with the reasons why columns were paired as comments."""
    data = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    data["blocking_rules"] = [rule.name if not rule.refine else rule.model_dump() for rule in config.blocking_rules]
    data["columns"] = _columns(config, data["columns"], naming)
    if config.files:
        data["files"] = _files(config, naming)
    data["comparisons"] = [_flow(one) for one in data["comparisons"]]
    order = ("entity", "id", "files", "columns")
    data = {name: data[name] for name in order if name in data} | data
    writer = YAML()
    writer.width = 110
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        writer.dump(data, file)


def _flow(comparison: dict[str, Any]) -> CommentedMap:
    """Return a comparison that takes one line."""
    found = CommentedMap(comparison)
    found.fa.set_flow_style()
    return found


def _files(config: MatchingConfig, naming: Naming) -> CommentedMap:
    why = {one.name: one.why for one in naming.pairs}
    found = CommentedMap()
    for name, own in config.files.items():
        listed = CommentedSeq(own)
        listed.fa.set_flow_style()
        found[name] = listed
        reason = "names each record" if name == config.id else why.get(name)
        if reason:
            found.yaml_add_eol_comment(reason, name)
    found.yaml_set_start_comment("What each file calls a column: the first file, then the second.", indent=2)
    return found


def _columns(config: MatchingConfig, dumped: dict[str, Any], naming: Naming) -> CommentedMap:
    found = CommentedMap()
    for name, column in config.columns.items():
        found[name] = column.kind if not column.source and not column.within else dumped[name]
    found.yaml_set_start_comment("What each column is; columns that are not here are not compared.", indent=2)
    return found
