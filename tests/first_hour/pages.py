"""The commands that README and docs/ show, page by page.

A block of commands starts with three backquotes alone, or with `console`. What cannot run everywhere says so:
`console on a cluster`, `console with a database`, `console with ids of your own`, `console in a browser`. A comment
`# exits with 3 ...` names a code that the command may end with besides 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ELSEWHERE = ("on a cluster", "with a database", "with ids of your own", "in a browser")
PROGRAMS = ("tieout", "make", "source", "export", "spark-submit", "python", "deploy/submit.sh", ".venv/bin/python")
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```", re.M | re.S)
CODE = re.compile(r"exits with (\d)")
COMMENT = re.compile(r"\s+#(?=\s)")


@dataclass(frozen=True)
class Command:
    """One shown command; `runs` is false where it needs what is not on every machine."""

    page: Path
    text: str
    runs: bool
    codes: frozenset[int]

    @property
    def words(self) -> str:
        """Return the command without what the shell does with its output."""
        return re.split(r"\s+[>|]", self.text)[0]


def pages(repository: Path) -> list[Path]:
    """Return README and every page under docs/, in the order in which a newcomer reads them."""
    return [repository / "README.md", *sorted((repository / "docs").rglob("*.md"))]


def commands(page: Path) -> list[Command]:
    """Return the commands of a page, in order."""
    found = []
    for info, body in BLOCK.findall(page.read_text(encoding="utf-8")):
        kind, _, where = info.strip().partition(" ")
        if kind not in ("", "console"):
            continue
        if where and where not in ELSEWHERE:
            raise ValueError(f"{page}: ```{info}: want one of {', '.join(ELSEWHERE)}")
        for line in body.replace("\\\n", " ").splitlines():
            text, *comment = COMMENT.split(line.removeprefix("$ ").strip(), maxsplit=1)
            if _is_command(text):
                codes = {0, *(int(code) for code in CODE.findall(" ".join(comment)))}
                found.append(Command(page, text, not where, frozenset(codes)))
    return found


def _is_command(text: str) -> bool:
    words = [word for word in text.split() if not re.match(r"^[A-Z_]+=", word)]
    return bool(words) and words[0] in PROGRAMS
