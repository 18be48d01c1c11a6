"""`tieout train`: learn matching models from silver."""

from __future__ import annotations

import argparse
from typing import Any

from tieout.commands.arguments import named, opened

HELP = "learn matching models from silver and register them in MLflow"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("--entity", metavar="A,B", help="only these entities; default all that conf/matching/ has")
    parser.add_argument("--promote", action="store_true", help="use the new version even if it does not prove as good")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run the verb; return its figures."""
    from tieout.pipeline.train import train

    with opened(args, "train") as context, context.reported("train"):
        entities = named(args.entity)
        return train(context, entities, dry_run=args.dry_run, promote=args.promote)
