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
# Spark is started, and the JVM seen, in one module; all others keep to what a Connect server serves too.
SESSION = LIBRARY / "platform" / "session.py"
SERVED = {
    "pyspark", "pyspark.errors", "pyspark.sql", "pyspark.sql.functions", "pyspark.sql.pandas.types",
    "pyspark.sql.types", "pyspark.storagelevel",
}  # fmt: skip
JVM = re.compile(
    r"_j(?!so|oin|udge)\w+|_sc|_gateway|rdd|py4j|Py4J\w+|[sS]parkContext|java_gateway|queryExecution|catalyst|classic|DeltaTable|"
    r"crossJoin"
)
# What argparse has no public name for.
PARSER_PARTS = {"_actions", "_SubParsersAction", "_option_string_actions"}
FOLDERS = (LIBRARY, ROOTS[1], LIBRARY.parents[1] / "jobs", LIBRARY.parents[1] / "notebooks")
CONNECTED = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py")) if path != SESSION]


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


def spark_modules(tree: ast.AST) -> set[str]:
    """Return the modules of Spark, Delta and Py4J that are imported, wherever in the file."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] in {"pyspark", "delta", "py4j"}}


def text_of(node: ast.AST) -> str | None:
    """Return the text that an expression of constants makes: `"_j" + "vm"` is `_jvm`."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None or right is None else left + right
    return None


def words(tree: ast.AST) -> set[str]:
    """Return every name that the code uses, those in texts such as `getattr(frame, "_jdf")` too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        text = text_of(node)
        if text is not None and re.fullmatch(r"[\w.]+", text):
            found |= set(text.split("."))
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found |= set(node.name.split("."))
    return found


def private_attributes(tree: ast.AST) -> set[str]:
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name for name in attributes if name.startswith("_") and not name.startswith("__")}


def defined(tree: ast.AST) -> set[str]:
    """Return the names of functions, classes, fields and attributes that the file defines."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.AST]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in CONNECTED}


def test_only_what_a_connect_server_serves_is_imported(trees: dict[Path, ast.AST]) -> None:
    assert not {str(path): found for path, tree in trees.items() if (found := spark_modules(tree) - SERVED)}


def test_nothing_names_the_jvm(trees: dict[Path, ast.AST]) -> None:
    named = {str(path): {word for word in words(tree) if JVM.fullmatch(word)} for path, tree in trees.items()}
    assert not {path: found for path, found in named.items() if found}


def test_nothing_private_of_a_library_is_used(trees: dict[Path, ast.AST]) -> None:
    own = PARSER_PARTS.union(*map(defined, trees.values()))
    assert not {str(path): found for path, tree in trees.items() if (found := private_attributes(tree) - own)}


@pytest.mark.parametrize(
    "code",
    [
        "frame._jdf",
        "getattr(frame, '_jdf')",
        "getattr(frame, '_j' + 'df')",
        "attrgetter('sparkContext.defaultParallelism')(spark)",
        "vars(spark)['_sc']",
        "from pyspark import SparkContext as Context",
        "import_module('pyspark.sql.classic.dataframe')",
        "from delta import DeltaTable",
    ],
)
def test_the_jvm_is_found_under_any_name(code: str) -> None:
    assert any(JVM.fullmatch(word) for word in words(ast.parse(code)))


def test_the_way_of_a_line_to_its_golden_record_is_short_and_there() -> None:
    page = (LIBRARY.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = re.findall(r"^(\d+)\. `([\w/.]+)`", page, flags=re.M)
    assert [int(number) for number, _ in listed] == list(range(1, len(listed) + 1))
    assert len(listed) <= 45
    assert not [name for _, name in listed if not (LIBRARY / name).is_file()]
