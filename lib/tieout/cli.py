"""The command line `tieout`: its verbs and its exit codes.

0 done, 1 failed, 2 bad use or config, 3 stopped by a quality gate. `spark-submit jobs/<verb>.py` takes the same
arguments. A verb is a module of `tieout.commands`; only what the verb that runs needs is imported.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import tieout
from tieout import __version__
from tieout.commands import verb_modules
from tieout.errors import TieoutError, UsageError
from tieout.platform.console import Parser, Screen, explained, styled, to_json, visible
from tieout.platform.directories import default_config

FAILED, INTERRUPTED = 1, 130
# What somebody typed may be of any length; a path or an id is not that long.
LONG_WORD = re.compile(r"\S{400,}")
WELCOME = """\
Tieout proves that a company's CRM and its ERP agree, and shows where they do not.

  tieout demo                          sample exports, every step, and a report: start here (some minutes)
  tieout run --input DIR --root DIR    the same on your own exports
  tieout match A.csv B.csv --out DIR   which records of two files are the same, without a lakehouse

`tieout --help` shows every verb, `tieout VERB --help` what it takes.
"""


def script() -> NoReturn:
    """Run the command line and exit with its code."""
    sys.exit(main(sys.argv[1:]))


def main(argv: list[str]) -> int:
    """Run one verb; return the exit code. With `--json` the last line of stdout is one JSON object.

    Raises SystemExit, as argparse does, after `--help` and for arguments that are wrong.
    """
    if not argv:
        print(WELCOME, end="")  # noqa: T201
        return 0
    args = read_arguments(argv)
    try:
        return _run(args)
    except TieoutError as error:
        _complain(args.verb, str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _complain(args.verb, "interrupted. What was written is whole: run it again.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has seen enough; Python must not complain about it as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        _complain(args.verb, explained(error, argv))
        return FAILED


def read_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return the verb's arguments. Raises SystemExit (2) for those that are wrong, with the nearest spelling."""
    first = argv[0] if argv else ""
    verb = first if first in verb_modules() else None
    parser = build_parser(verb)
    if verb is None:
        parser.check_options(argv[:1], elsewhere=_common_options())
    else:
        parser_of(parser, verb).check_options(argv[1:])
    return parser.parse_args(argv)


def build_parser(only: str | None = None) -> Parser:
    """Build the parser; with `only`, of just that verb."""
    parser = Parser(prog="tieout", description=str(tieout.__doc__).splitlines()[0])
    parser.add_argument("--version", action="version", version=f"tieout {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    modules = verb_modules()
    for name in modules if only is None else [only]:
        module = importlib.import_module(modules[name])
        verb = verbs.add_parser(name, help=module.HELP, description=module.HELP)
        _add_common(verb)
        module.add_arguments(verb)
    return parser


def parser_of(parser: Parser, verb: str) -> Parser:
    """Return the part of a parser that reads a verb's arguments."""
    [verbs] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    found: Parser = verbs.choices[verb]
    return found


def render_figures(figures: Mapping[str, Any], screen: Screen) -> None:
    """Print a verb's figures as a table of two columns."""
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for key, value in figures.items():
        table.add_row(key, to_json(value) if isinstance(value, dict | list) else str(value))
    screen.print(table)


def _run(args: argparse.Namespace) -> int:
    _check_texts(args)
    args.config = args.config or default_config()
    verb = importlib.import_module(verb_modules()[args.verb])
    # Progress and tables are for people: with --json they go to stderr, so stdout stays parseable.
    screen = Screen(stderr=args.json)
    figures = verb.execute(args)
    if args.json:
        print(to_json(figures), flush=True)  # noqa: T201
    else:
        getattr(verb, "render", render_figures)(figures, screen)
        _render_next(figures, screen)
        sys.stdout.flush()
    return int(figures.get("exit_code", 0)) if isinstance(figures, dict) else 0


def _render_next(figures: Mapping[str, Any], screen: Screen) -> None:
    """Print the commands that a verb proposes as figure `next`: (command, what it shows)."""
    steps = figures.get("next")
    if not steps:
        return
    screen.print("\nNext:")
    width = max(len(step["command"]) for step in steps)
    for step in steps:
        line = styled("  ", (step["command"].ljust(width), "bold"), f"   # {step['what']}")
        screen.print(line, soft_wrap=True)


def _check_texts(args: argparse.Namespace) -> None:
    for name, value in vars(args).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not text.isprintable() and visible(text) != text:
                raise UsageError(f"{name.replace('_', '-')}: control characters and bytes that are not UTF-8 mean "
                                 f"nothing here; found {visible(text)[:80]}")  # fmt: skip


def _complain(verb: str, sentence: str) -> None:
    shortened = LONG_WORD.sub(lambda word: f"{word[0][:100]}...", sentence)
    print(f"tieout {verb}: {visible(shortened)}", file=sys.stderr)  # noqa: T201


def _add_common(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("common")
    group.add_argument(
        "--config", metavar="DIR", help="config directory; default TIEOUT_CONFIG, conf/ here, or what is shipped"
    )
    place = group.add_mutually_exclusive_group()
    place.add_argument(
        "--root", metavar="URI", help="folder or URI that holds every table; default TIEOUT_ROOT, or as tieout.yml says"
    )
    place.add_argument("--catalog", metavar="NAME", help="Spark catalog that holds every table")
    group.add_argument("--json", action="store_true", help="last line of stdout is one JSON object")
    group.add_argument("--dry-run", action="store_true", help="say what would be written, write nothing")


def _common_options() -> list[str]:
    common = Parser(prog="tieout")
    _add_common(common)
    return common.options
