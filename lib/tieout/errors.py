"""What can go wrong, as a small family; each message says where, what was found and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


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


class ConfigError(UsageError):
    """A file under `conf/` is wrong; the message names file, line and key."""


class QualityGateError(TieoutError):
    """An expectation with `on_fail: stop` failed; nothing was written."""

    exit_code = 3


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the closest of `allowed`, or an empty string."""
    close = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""
