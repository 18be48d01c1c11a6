"""Arguments of the command line: what is misspelt is answered with the nearest spelling and exit code 2."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from tieout.errors import nearest
from tieout.platform.console.screen import visible

BAD_USE = 2
# What argparse says of a choice, in the forms of Python 3.11 to 3.14.
CHOICE = re.compile(r"argument (?P<name>.+): invalid choice: (?P<found>.+?) \(choose from (?P<allowed>.+)\)", re.S)


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are one sentence and that takes no abbreviations of options."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    @property
    def options(self) -> list[str]:
        """Return the long options that it takes."""
        return [name for name in self._option_string_actions if name.startswith("--")]

    def check_options(self, given: Sequence[str], elsewhere: Sequence[str] = ()) -> None:
        """End with an error for an option that there is not, before a missing one is complained about.

        `elsewhere` are options that are known, but not here: before the verb instead of after it.
        """
        for word in given[: given.index("--")] if "--" in given else given:
            name = word.partition("=")[0]
            if not name.startswith("--") or " " in name or name in self.options:
                continue
            if name in elsewhere:
                self.error(f"{name} goes after the verb: {self.prog} VERB {name} ...")
            self.error(f"there is no option {name}.{nearest(name, self.options)}")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence, and end with 2."""
        choice = CHOICE.fullmatch(message)
        if choice:
            message = _unknown_choice(choice)
        end = "" if message.endswith((".", "?", "...")) else "."
        sys.stderr.write(f"{self.prog}: {visible(message)}{end} See `{self.prog} --help`.\n")
        sys.exit(BAD_USE)


def _unknown_choice(choice: re.Match[str]) -> str:
    allowed = [word.strip().strip("'") for word in choice["allowed"].split(",")]
    found = choice["found"].strip("'\"")
    what = "verb" if choice["name"] == "VERB" else choice["name"]
    return f"{what}: there is no {found[:80]!r}.{nearest(found, allowed)} There are {', '.join(allowed)}"
