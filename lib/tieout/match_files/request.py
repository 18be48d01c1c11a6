"""What a match of files is asked for: the files, what is known about them, and where results go."""

from __future__ import annotations

from dataclasses import dataclass

MOST_SHOWN = 20_000


@dataclass(frozen=True)
class Request:
    """Files to match, by path or URI.

    Without `right`, duplicates of `left` are found. `config` is a matching config, or a config directory, of which
    only the words for columns are used; `truth` are known answers to measure by, `labels` answers to learn from. A
    sheet has at most `show` rows; 0 writes no sheet. `dry_run` writes nothing.
    """

    left: str
    right: str | None
    out: str
    config: str | None = None
    truth: str | None = None
    labels: str | None = None
    entity: str = "record"
    show: int = MOST_SHOWN
    dry_run: bool = False
