"""How much of each system does `tieout source new` find? `python tests/onboarding/measure.py` prints all twelve.

A mapping of the hand-written config counts where it takes a column that the export has; it is found when the
guessed config takes the same column, path inside JSON, or column of the same joined object, for the same field.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tieout import cli
from tieout.config.base import read_model
from tieout.config.models.source import ObjectConfig, SourceConfig
from tieout_samples.job import write_piece
from tieout_samples.plan import Plan
from tieout_samples.systems import SYSTEMS

REPOSITORY = Path(__file__).parents[2]
ENTITIES = ("account", "contact")
# Entity, field, object, column, path in JSON.
Taken = tuple[str, str, str, str, str | None]


@dataclass(frozen=True)
class Measured:
    """The mappings of one system that could be found, and those that were guessed for the same fields."""

    wanted: frozenset[Taken]
    guessed: frozenset[Taken]
    seconds: float

    @property
    def found(self) -> frozenset[Taken]:
        return self.wanted & self.guessed

    @property
    def share(self) -> float:
        return len(self.found) / len(self.wanted)


def measure(system: str, exports: Path, conf: Path) -> Measured:
    """Remove a system's config from `conf` (a copy), guess it from its exports, compare with the hand-written one."""
    path = conf / "sources" / f"{system}.yml"
    by_hand = {one for one in taken(read_model(path, SourceConfig)) if exported(exports / system, one)}
    path.unlink()
    started = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()):
        code = cli.main(["source", "new", "--sample", str(exports / system), "--name", system, "--config", str(conf)])
    assert code == 0
    fields = {one[:2] for one in by_hand}
    guessed = {one for one in taken(read_model(path, SourceConfig)) if one[:2] in fields}
    return Measured(frozenset(by_hand), frozenset(guessed), time.monotonic() - started)


def taken(source: SourceConfig) -> set[Taken]:
    """Return what each account and contact field takes that takes a column."""
    return {found for name, item in source.objects.items() for found in _of(name, item)}


def _of(name: str, item: ObjectConfig) -> Iterator[Taken]:
    for entity in ENTITIES:
        mapping = item.to.get(entity)
        for field, part in (mapping.fields if mapping else {}).items():
            if part.column is not None:
                head, _, rest = part.column.partition(".")
                join = item.joins.get(head)
                owner, column = (join.object or "", rest) if join else (name, part.column)
                yield entity, field, owner.lower(), column, part.json_path


def exported(folder: Path, found: Taken) -> bool:
    """Tell whether an export has a mapping's column; what is optional and not there cannot be found."""
    tables = [path for path in folder.iterdir() if path.name.lower() == found[2]]
    heads = [file.open(encoding="utf-8-sig", errors="replace").readline() for path in tables for file in path.iterdir()]
    return any(found[3].split(".")[0] in head or found[3] in head for head in heads)


def main(customers: int = 300, seed: int = 7) -> None:
    """Measure all twelve systems and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        list(write_piece(Plan(customers, SYSTEMS, folder, seed=seed), 0))
        conf = Path(shutil.copytree(REPOSITORY / "conf", Path(folder) / "conf"))
        lines = ["| system | mappings | found | right | seconds |", "| --- | --- | --- | --- | --- |"]
        total = [0, 0, 0]
        for system in sorted(SYSTEMS):
            one = measure(system, Path(folder) / "exports", conf)
            counts = [len(one.wanted), len(one.found), len(one.guessed)]
            total = [sum(pair) for pair in zip(total, counts, strict=True)]
            lines.append(_line(system, counts, f"{one.seconds:.1f}"))
        lines.append(_line("**all**", total, ""))
    sys.stdout.write("\n".join(lines) + "\n")


def _line(system: str, counts: list[int], seconds: str) -> str:
    wanted, found, guessed = counts
    return f"| {system} | {wanted} | {found} ({found / wanted:.0%}) | {found / guessed:.0%} | {seconds} |"


if __name__ == "__main__":
    main()
