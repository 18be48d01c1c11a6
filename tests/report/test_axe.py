"""The page in a real browser, judged by axe; skipped where no browser or no axe is at hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tieout.report.layout.page import render
from tieout.report.run_report import write_page

from . import examples

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = os.environ.get("AXE", "")


@pytest.mark.skipif(
    not (BROWSER and shutil.which("node") and (Path(AXE) / "node_modules/axe-core").exists()),
    reason="needs chromium, node and AXE=<folder after `npm install axe-core playwright-core`>",
)
def test_axe_finds_nothing_on_a_screen_or_a_phone(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(write_page(examples.WHOLE)), encoding="utf-8")
    command = ["node", str(Path(__file__).with_name("axe.mjs")), str(page), str(BROWSER)]
    done = subprocess.run(command, env=os.environ | {"AXE": AXE}, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        found = json.loads(line)
        assert found["wide"] <= found["width"]
        assert (found["errors"], found["requests"], found["violations"]) == ([], [], [])
        assert found["csv"].startswith('\ufeff"Who acts","Reason","Amount"')
