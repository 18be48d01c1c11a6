"""The command line `tieout`: its verbs and its exit codes.

0 done, 1 failed, 2 bad use or config, 3 stopped by a quality gate. `spark-submit jobs/<verb>.py`
takes the same arguments.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table

import tieout.verbs
from tieout import __version__
from tieout.errors import TieoutError


def script() -> NoReturn:
    """Run the command line and exit with its code."""
    sys.exit(main(sys.argv[1:]))


def main(argv: list[str]) -> int:
    """Run one verb; return the exit code. With `--json` the last line of stdout is one JSON object."""
    parser = build_parser(_named_verb(argv))
    args = parser.parse_args(argv)
    # Progress and tables are for people: with --json they go to stderr, so stdout stays parseable.
    console = Console(stderr=args.json, highlight=False)
    try:
        figures = args.handler.execute(args)
    except TieoutError as error:
        print(f"tieout {args.verb}: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    if args.json:
        print(json.dumps(figures, default=str), flush=True)  # noqa: T201
    else:
        render = getattr(args.handler, "render", render_figures)
        render(figures, console)
    return int(figures.get("exit_code", 0)) if isinstance(figures, dict) else 0


def verb_names() -> list[str]:
    """Return the verbs, in alphabetical order: every module in `tieout.verbs`."""
    names = (module.name for module in pkgutil.iter_modules(tieout.verbs.__path__))
    return sorted(name for name in names if not name.startswith("_"))


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """Build the parser; with `only`, load just that verb's module, so that a command starts quickly."""
    parser = argparse.ArgumentParser(prog="tieout", description=tieout.__doc__)
    parser.add_argument("--version", action="version", version=f"tieout {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in verb_names() if only is None else [only]:
        module = importlib.import_module(f"tieout.verbs.{name}")
        verb = verbs.add_parser(name, help=module.HELP, description=module.HELP)
        _add_common(verb)
        module.add_arguments(verb)
        verb.set_defaults(handler=module)
    return parser


def default_config() -> str:
    """Return `conf` when there is one here, else the config that the package ships."""
    if Path("conf").is_dir():
        return "conf"
    shipped = Path(__file__).parent / "conf"
    return str(shipped) if shipped.is_dir() else os.environ.get("TIEOUT_CONFIG", "conf")


def render_figures(figures: dict[str, Any], console: Console) -> None:
    """Print a verb's figures as a table of two columns."""
    table = Table(show_header=False, box=None)
    for key, value in figures.items():
        text = json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)
        table.add_row(key, text)
    console.print(table)


def _add_common(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("common")
    group.add_argument("--config", default=default_config(), metavar="DIR", help="config directory")
    place = group.add_mutually_exclusive_group()
    place.add_argument("--root", metavar="URI", help="folder or URI that holds every table")
    place.add_argument("--catalog", metavar="NAME", help="Spark catalog that holds every table")
    group.add_argument("--json", action="store_true", help="last line of stdout is one JSON object")
    group.add_argument("--dry-run", action="store_true", help="say what would be written, write nothing")


def _named_verb(argv: list[str]) -> str | None:
    first = argv[0] if argv else ""
    return first if first in verb_names() else None
