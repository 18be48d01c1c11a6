"""A first config for an unknown system, guessed from samples of its exports, and a check of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tieout.config import Config, load_config
from tieout.config.base import read_model
from tieout.config.models.source import SourceConfig
from tieout.errors import ConfigError, UsageError
from tieout.onboarding.checking.source import check_source
from tieout.onboarding.content import Lists
from tieout.onboarding.draft import ObjectDraft, draft
from tieout.onboarding.sample import FIRST_ROWS, read_sample
from tieout.onboarding.vocabulary import read_vocabulary
from tieout.onboarding.write import Draft, source_yaml


def new(
    directory: Path,
    name: str,
    sample: list[Path],
    *,
    rows: int = FIRST_ROWS,
    kind: str = "other",
    out: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Guess a config and write it to `<out>/sources/<name>.yml`.

    Returns `file`, `tables` (object → entity, key, and sureness by field) and `rows`. Raises UsageError when
    there is such a file, SourceError for a sample that cannot be read.
    """
    path = Path(out or directory) / "sources" / f"{name}.yml"
    if path.exists():
        raise UsageError(f"{path}: is there already; edit it, or give another --name or --out")
    config = load_config(directory)
    vocabulary = read_vocabulary(directory)
    objects = draft(read_sample(sample, rows), config.entities, vocabulary, Lists(directory))
    text = source_yaml(Draft(name, kind, objects, config.entities, vocabulary))
    if not dry_run:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        _require_valid(path)
    return {
        "file": str(path),
        "rows": sum(len(one.profile.table.frame) for one in objects),
        "tables": {one.name: _figures(one) for one in objects},
    } | ({"text": text} if dry_run else {})


def _require_valid(path: Path) -> None:
    try:
        read_model(path, SourceConfig)
    except ConfigError as error:
        raise ConfigError(f"the guessed config cannot be loaded; correct it by hand: {error}") from error


def _figures(one: ObjectDraft) -> dict[str, Any]:
    fields = {field: {"column": guess.column.path, "sure": guess.sure} for field, guess in one.guesses.items()}
    return {"entity": one.entity, "key": list(one.key), "fields": fields, "unused": one.unmapped()}


def check(config: Config, name: str, sample: list[Path], rows: int = FIRST_ROWS) -> dict[str, Any]:
    """Return `findings`, what does not fit the sample, with `errors` and `warnings`, their numbers."""
    findings = check_source(config, config.sources[name], read_sample(sample, rows))
    errors = sum(finding.severity == "error" for finding in findings)
    return {
        "system": name,
        "errors": errors,
        "warnings": len(findings) - errors,
        "findings": [finding.to_dict() for finding in findings],
        "exit_code": 1 if errors else 0,
    }
