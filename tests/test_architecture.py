"""The house rules that a reader relies on: imports run one way, no vendor in code, no driver-bound API."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "lib" / "tieout"
ROOTS = (LIBRARY, LIBRARY.parents[1] / "samples" / "tieout_samples")
MODULES = sorted(LIBRARY.rglob("*.py"))

# From the ground up: a package or module may import those before it, never those after it.
LAYERS = [
    {"errors", "limits"},
    {"platform"},
    {"config"},
    {"values", "lakehouse"},
    {"bronze"},
    {"quality"},
    {"silver", "matching"},
    {"identity"},
    {"gold"},
    {"onboarding", "report"},
    {"checking", "match_files"},
    {"pipeline"},
    {"commands", "api"},
    {"cli"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
# Packages of one layer do not know each other.
APART = [layer for layer in LAYERS if len(layer) > 1]
# A matching engine that knew what a lakehouse is could not link two files.
FORBIDDEN = {"matching": {"bronze", "quality", "silver", "lakehouse"}}
MOST_MODULES = 14
VENDORS = re.compile(
    r"salesforce|hubspot|pipedrive|zoho|netsuite|intacct|epicor|acumatica|dynamics|infor\b|\bsap\b", re.I
)
CLUSTER_HOSTILE = {"rdd", "_jvm", "_jdf", "_jsc", "crossJoin", "sparkContext"}


def package_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imported_packages(tree: ast.AST) -> set[str]:
    """Return the packages and modules directly below `tieout` that are imported, wherever in the file."""
    found = set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "tieout":
            names = [f"tieout.{alias.name}" for alias in node.names if alias.name != "__version__"]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("tieout.")}
    return found


def test_every_package_and_module_has_a_rank() -> None:
    there = {package_of(path) for path in MODULES} - {"__init__"}
    assert there <= set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_imports_run_one_way(path: Path) -> None:
    package = package_of(path)
    if package == "__init__":
        return
    imported = imported_packages(ast.parse(path.read_text(encoding="utf-8"))) - {package}
    beside = next((layer for layer in APART if package in layer), set())
    upwards = {name for name in imported if RANK[name] > RANK[package]}
    assert not upwards | (imported & beside) | (imported & FORBIDDEN.get(package, set()))


def test_a_folder_holds_a_dozen_modules_or_so() -> None:
    folders = Counter(path.parent for root in ROOTS for path in root.rglob("*.py"))
    assert not {str(folder): count for folder, count in folders.items() if count > MOST_MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_vendors_are_configuration_only(path: Path) -> None:
    assert not VENDORS.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_nothing_needs_more_than_spark_connect_serves(path: Path) -> None:
    if path.name == "session.py":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & CLUSTER_HOSTILE


def test_the_way_of_a_line_to_its_golden_record_is_short_and_there() -> None:
    page = (LIBRARY.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(\d+)\. `([\w/.]+)`", page, flags=re.M)
    assert [int(number) for number, _ in listed] == list(range(1, len(listed) + 1))
    assert len(listed) <= 45
    assert not [name for _, name in listed if not (LIBRARY / name).is_file()]
