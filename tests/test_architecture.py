"""The house rules that a reader relies on: imports run one way, no vendor in code, no driver-bound API."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "lib" / "tieout"
MODULES = sorted(LIBRARY.rglob("*.py"))

# From the ground up: a package may import those before it, never those after it.
LAYERS = [
    {"errors"},
    {"console", "sheets"},
    {"commands"},
    {"config", "session", "lakehouse", "progress", "steps", "runs", "context"},
    {"sources"},
    {"quality", "conform"},
    {"matching"},
    {"identity", "onboarding"},
    {"gold", "governance", "sample"},
    {"report", "checking"},
    {"match_files"},
    {"verbs"},
    {"cli"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
# A matching engine that knew what a lakehouse is could not link two files.
FORBIDDEN = {
    "matching": {"sources", "quality", "conform", "lakehouse"},
}
VENDORS = re.compile(
    r"salesforce|hubspot|pipedrive|zoho|netsuite|intacct|epicor|acumatica|dynamics|infor\b|\bsap\b", re.I
)
CLUSTER_HOSTILE = {"rdd", "_jvm", "_jdf", "_jsc", "crossJoin", "sparkContext"}


def package_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imported_packages(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("tieout.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_imports_run_one_way(path: Path) -> None:
    package = package_of(path)
    imported = imported_packages(ast.parse(path.read_text(encoding="utf-8")))
    upwards = {name for name in imported if RANK.get(name, 0) > RANK.get(package, 99)}
    assert not upwards | (imported & FORBIDDEN.get(package, set()))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_vendors_are_configuration_only(path: Path) -> None:
    if package_of(path) != "sample":
        assert not VENDORS.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_nothing_needs_more_than_spark_connect_serves(path: Path) -> None:
    if package_of(path) == "session":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & CLUSTER_HOSTILE
