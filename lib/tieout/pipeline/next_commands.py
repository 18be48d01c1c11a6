"""Commands to type after a run, in full: they work in the folder and the shell in which the run was started."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tieout.config.models.definitions import merge
from tieout.lakehouse.context import ROOT_VARIABLE, Context
from tieout.platform.session import local_path

# Questions worth asking first, where the definitions have them.
QUESTIONS = {
    "big_customers_with_old_tickets": "who pays much and waits long",
    "biggest_differences": "where CRM and ERP differ most, and why",
}


def next_steps(context: Context) -> list[dict[str, str]]:
    """Return `command` and `what` it is for, a few of them; first how to set up the shell, where that saves typing."""
    program, place = program_name(sys.argv[0]), location_options(context.lake.root, context.lake.catalog, os.environ)
    steps = []
    activate = Path(program).with_name("activate")
    if program != "tieout" and activate.is_file() and context.lake.is_local:
        setting = f"export {ROOT_VARIABLE}={shlex.quote(shown_path(str(context.lake.root)))}"
        what = "then `tieout VERB` is enough, without --root"
        steps.append({"command": f"source {shlex.quote(str(activate))} && {setting}", "what": what})
    known = {question.name for question in merge(context.config.definitions.values()).questions}
    for name, what in QUESTIONS.items():
        if name in known:
            steps.append({"command": f"{program} ask {name}{place}", "what": what})
    steps.append({"command": f"{program} review export review.xlsx{place}", "what": "pairs for a person to decide"})
    steps.append({"command": f"{program} status{place}", "what": "runs, freshness, gates, open work"})
    return steps


def program_name(started_as: str) -> str:
    """Return how to call `tieout` here: its name where the shell finds it, else the path it was started by."""
    path = Path(started_as)
    if path.name != "tieout":
        return "tieout"
    found = shutil.which("tieout")
    if found is not None and Path(found).absolute() == path.absolute():
        return "tieout"
    return shlex.quote(shown_path(str(path.absolute())))


def location_options(root: str | None, catalog: str | None, environment: Mapping[str, str]) -> str:
    """Return ` --root X` or ` --catalog X`; nothing where `TIEOUT_ROOT` says so already."""
    if root is None:
        return f" --catalog {shlex.quote(str(catalog))}"
    if local_path(environment.get(ROOT_VARIABLE) or "\0") == local_path(root):
        return ""
    return f" --root {shlex.quote(shown_path(root))}"


def shown_path(path: str) -> str:
    """Return a path relative to this folder where it is inside it."""
    here = Path.cwd()
    if "://" not in path and Path(path).is_relative_to(here):
        return str(Path(path).relative_to(here))
    return path
