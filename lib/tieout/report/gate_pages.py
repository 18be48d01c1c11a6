"""Great Expectations' Data Docs in a folder beside a report."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import quote

from tieout.quality.data_docs import build_data_docs, newest_validations
from tieout.report.layout.files import write_folder
from tieout.report.tables import Tables


def pages_folder(place: str) -> str:
    """Return the folder of the pages of the report at `place`: `x/report_gates` for `x/report.html`."""
    return f"{place.removesuffix('.html')}_gates"


def index_of(place: str) -> str:
    """Return the place of the pages' index."""
    return f"{pages_folder(place)}/index.html"


def write_gate_pages(tables: Tables, place: str) -> str | None:
    """Build the pages of the newest runs; return the link to them from the report at `place`.

    Returns None where no gate has been asked yet. Raises UsageError when the folder cannot be written.
    """
    results = tables.find("silver", "quality_result")
    validations = [] if results is None else newest_validations(results)
    if not validations:
        return None
    with TemporaryDirectory(prefix="tieout-gates-") as folder:
        index = build_data_docs(validations, Path(folder))
        write_folder(pages_folder(place), Path(folder))
    return quote(f"{PurePosixPath(pages_folder(place)).name}/{index.name}")
