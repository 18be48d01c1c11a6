"""What is imported is declared in pyproject.toml, and what is declared is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {"tieout", "tieout_samples"}
# Programs, plugins and stubs, which nothing imports, and what Spark's Connect client imports.
TOOLS = {"build", "mypy", "pandas-stubs", "ruff", "tieout"}
TOOLS |= {"grpcio", "grpcio-status", "googleapis-common-protos", "zstandard"}
EXTRAS = PROJECT["optional-dependencies"]


def distribution(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", name, maxsplit=1)[0]).lower()


def declared(*extras: str) -> set[str]:
    named = [*PROJECT["dependencies"], *(one for extra in extras for one in EXTRAS[extra])]
    return {distribution(one) for one in named}


def imported(folder: str) -> set[str]:
    """Return the top-level modules that a folder's Python files import, the standard library's left out."""
    files = sorted((REPOSITORY / folder).rglob("*.py"))
    beside = {path.stem for path in files} | {path.parent.name for path in files}
    names = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    local = beside if folder == "tests" else set()
    return names - set(sys.stdlib_module_names) - OWN - local


def distributions(modules: set[str]) -> dict[str, set[str]]:
    """Return module -> the distributions that have it."""
    owners = metadata.packages_distributions()
    return {module: {distribution(name) for name in owners.get(module, [module])} for module in modules}


@pytest.mark.parametrize(
    ("folder", "extras"), [("lib", []), ("samples", ["samples"]), ("jobs", []), ("tests", [*EXTRAS])]
)
def test_what_is_imported_is_declared(folder: str, extras: list[str]) -> None:
    owners = distributions(imported(folder))
    missing = {module: names for module, names in owners.items() if not names & declared(*extras)}
    assert not missing


def test_what_is_declared_is_imported() -> None:
    modules = imported("lib") | imported("samples") | imported("tests")
    used = {name for names in distributions(modules).values() for name in names}
    assert not declared(*EXTRAS) - used - TOOLS


def test_the_library_runs_without_what_only_samples_need() -> None:
    only = declared("samples") - declared()
    assert not only & {name for names in distributions(imported("lib")).values() for name in names}


def test_a_range_has_both_ends() -> None:
    named = [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]
    assert not [one for one in named if distribution(one) != "tieout" and not ("==" in one or {"<", ">"} <= set(one))]
