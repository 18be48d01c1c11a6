"""Of which parts does a regular expression consist?"""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class Characters:
    """One character: in one of the spans (ends included) or of one of the kinds, or in and of none."""

    spans: tuple[Span, ...] = ()
    kinds: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True)
class Start:
    """The beginning of the text."""


@dataclass(frozen=True)
class End:
    """The end of the text; Java also means the place before a line end there."""


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Either:
    """The first that fits."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Group:
    """A part that is remembered by its number."""

    part: Part


@dataclass(frozen=True)
class Look:
    """What stands before or after, which is not consumed."""

    part: Part
    ahead: bool
    negated: bool


@dataclass(frozen=True)
class Repeat:
    """A part several times; `mode` is empty, `?` for as few as possible, `+` for all or nothing."""

    part: Part
    least: int
    most: int | None
    mode: str


Part = Characters | Start | End | Sequence | Either | Group | Look | Repeat
