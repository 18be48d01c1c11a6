"""What can go wrong, as a small family; each message says where, what was found and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field


class TieoutError(Exception):
    """Base of the errors that a user can act on; `exit_code` is the command's."""

    exit_code = 1


class SourceError(TieoutError):
    """An export cannot be read: missing, truncated, wrongly encoded, changed while it was read."""


class ModelError(TieoutError):
    """A matching model is missing, too old for the config, or cannot be trained on this data."""


class UsageError(TieoutError):
    """A command was called with words that it does not know."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a config directory, and what to do about it.

    `item` is the config model that is wrong, where only that is known and not yet its file: see
    `config.location.located`. `keys` is then the key inside it, and `sql_line` the line of its SQL, counted from 0.
    """

    message: str
    file: str = ""
    line: int | None = None
    key: str = ""
    item: object | None = field(default=None, compare=False)
    keys: tuple[int | str, ...] = ()
    sql_line: int = 0

    def __str__(self) -> str:
        """Write it as one line, `file:line: key: message`."""
        place = f"{self.file}:{self.line}" if self.file and self.line is not None else self.file
        return ": ".join(part for part in (place, self.key, self.message) if part)


class ConfigError(UsageError):
    """Files under `conf/` are wrong; each line of the message names file, line and key."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(one if isinstance(one, Problem) else Problem(one) for one in problems)
        super().__init__("\n".join(dict.fromkeys(map(str, self.problems))))

    @classmethod
    def of(cls, errors: Iterable[ConfigError]) -> ConfigError:
        """Return one error that says what all of these do."""
        return cls(*(problem for error in errors for problem in error.problems))


class QualityGateError(TieoutError):
    """An expectation with `on_fail: stop` failed; nothing was written."""

    exit_code = 3


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the closest of `allowed`, or an empty string."""
    close = difflib.get_close_matches(word, list(allowed), n=20, cutoff=0.5)
    if not close:
        return ""
    # Not at the top: the command line's help loads this module, and nothing that takes time.
    from rapidfuzz.distance import OSA

    # Of words that are as near, the one with the same letters in another order: USD for UDS, rather than UZS.
    best = min(close, key=lambda other: (OSA.distance(word, other), sorted(word) != sorted(other)))
    return f" Did you mean '{best}'?"
