"""`tieout review`: export the review queue, import decisions, or decide in a browser."""

from __future__ import annotations

import argparse
from typing import Any

from tieout.commands.arguments import opened, whole_number
from tieout.errors import UsageError

HELP = "export the questions for stewards, import their decisions, or decide in a browser"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action and its file."""
    parser.add_argument("action", choices=["export", "import", "ui"], help="export | import | ui")
    parser.add_argument("file", nargs="?", metavar="FILE", help="a .csv or .xlsx file; not for ui")
    parser.add_argument(
        "--entity", metavar="A,B", help="account, contact, product; default all of them, for ui account"
    )
    parser.add_argument(
        "--limit", type=whole_number(), default=1_000, metavar="N", help="questions to export, of each entity"
    )
    parser.add_argument("--who", metavar="NAME", help="who decided; default you")
    parser.add_argument("--port", type=whole_number(0, 65535), default=8765, help="port of the page that ui opens")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Export, import or open the page; return the figures."""
    from tieout.identity.review.workflow import export_queue, import_decisions, open_page
    from tieout.lakehouse.runs import user_name

    if args.action != "ui" and not args.file:
        raise UsageError(f"tieout review {args.action} needs a FILE ending in .xlsx or .csv")
    with opened(args, "review") as context:
        if args.action == "export":
            return export_queue(context, args.file, args.entity or "all", args.limit, dry_run=args.dry_run)
        if args.action == "import":
            return import_decisions(context, args.file, args.who or user_name(), dry_run=args.dry_run)
        return open_page(context, args.entity or "account", args.who or user_name(), args.port, args.limit)
