"""What each package shows is there, is documented, and costs nothing until it is used."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "lib"
PACKAGES = sorted(
    ".".join(path.parent.relative_to(LIBRARY).parts)
    for path in (LIBRARY / "tieout").rglob("__init__.py")
    if "__getattr__" in path.read_text(encoding="utf-8")
)
# The models of the config are what pydantic makes of them.
LIGHT = [package for package in PACKAGES if not package.startswith("tieout.config")]
HEAVY = ("pyspark", "pandas", "numpy", "pyarrow", "mlflow", "great_expectations", "pydantic")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_shows_what_others_may_use(package: str) -> None:
    module = importlib.import_module(package)
    own = {path.stem for path in Path(str(module.__file__)).parent.glob("*.py")}
    for name in module.__all__:
        shown = getattr(module, name)
        assert name not in own, "a module of that name would hide it"
        assert name == "__version__" or inspect.getdoc(shown), f"{package}.{name} has no docstring"


def test_no_name_is_made_up() -> None:
    bronze = importlib.import_module("tieout.bronze")
    with pytest.raises(AttributeError, match=r"module 'tieout.bronze' has no attribute 'silver'"):
        _ = bronze.silver


def test_packages_alone_import_nothing_that_takes_time() -> None:
    code = f"import sys\nfor name in {LIGHT!r}: __import__(name)\nprint([x for x in {HEAVY!r} if x in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=LIBRARY, check=True)
    assert done.stdout.strip() == "[]"
