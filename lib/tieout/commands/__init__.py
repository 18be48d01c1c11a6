"""The verbs of the command line, one thin module a verb: arguments in, the library called, figures printed.

A verb's module has `HELP`, `add_arguments(parser)`, `execute(args)`, which returns the figures, and where a table of
two columns will not do `render(figures, console)`. Only `execute` and `render` import the library, so that `--help`
answers at once.
"""

from __future__ import annotations

import pkgutil

GROUPS = ("pipeline", "answers", "setup", "stewards")


def verb_modules() -> dict[str, str]:
    """Return verb → its module's name, in alphabetical order; nothing is imported."""
    found = {
        module.name: f"{__name__}.{group}.{module.name}"
        for group in GROUPS
        for module in pkgutil.iter_modules([f"{folder}/{group}" for folder in __path__])
    }
    return dict(sorted(found.items()))
