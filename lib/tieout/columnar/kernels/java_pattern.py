"""What does a Java regular expression say? Reads the parts of the language whose meaning elsewhere is surely known."""

from __future__ import annotations

from typing import NoReturn

from tieout.columnar.kernels.pattern_parts import (
    Characters,
    Either,
    End,
    Group,
    Look,
    Part,
    Repeat,
    Sequence,
    Span,
    Start,
)

SPACES: tuple[Span, ...] = ((9, 13), (32, 32))
DIGITS: tuple[Span, ...] = ((48, 57),)
WORDS: tuple[Span, ...] = ((48, 57), (65, 90), (95, 95), (97, 122))
# What a full stop does not match.
LINE_ENDS: tuple[Span, ...] = ((10, 10), (13, 13), (0x85, 0x85), (0x2028, 0x2029))
SHORT = {"s": SPACES, "d": DIGITS, "w": WORDS}
CONTROLS = {"t": 9, "n": 10, "f": 12, "r": 13, "e": 27, "a": 7}
KINDS = frozenset(("L", "Lu", "Ll", "Lt", "Lm", "Lo", "N", "Nd", "Nl", "No", "M", "Mn", "Mc", "Me", "Z", "Zs", "Cc"))
SURROGATES = (0xD800, 0xDFFF)
LAST = 0x10FFFF


class UnknownPatternError(ValueError):
    """A pattern has something whose meaning is not known here."""


def read(pattern: str) -> Part:
    """Return what the pattern says. Raises UnknownPatternError for what is not known here."""
    return _Reader(pattern).whole()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.place = 0
        self.any_case = self.dot_all = False

    def whole(self) -> Part:
        if self.take("(?i)"):
            self.any_case = True
        elif self.take("(?s)"):
            self.dot_all = True
        part = self.either()
        return part if self.place == len(self.text) else self.unknown()

    def unknown(self) -> NoReturn:
        raise UnknownPatternError(f"the pattern {self.text!r} at character {self.place + 1}")

    def take(self, token: str) -> bool:
        found = self.text.startswith(token, self.place)
        self.place += len(token) if found else 0
        return found

    def next(self) -> str:
        if self.place >= len(self.text):
            self.unknown()
        self.place += 1
        return self.text[self.place - 1]

    def either(self) -> Part:
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def sequence(self) -> Part:
        parts = []
        while self.place < len(self.text) and self.text[self.place] not in "|)":
            parts.append(self.repeated(self.one()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def one(self) -> Part:
        if self.take("("):
            return self.group()
        if self.take("["):
            return self.characters()
        character = self.next()
        if character == "^":
            return Start()
        if character == "$":
            return End()
        if character == ".":
            return Characters(() if self.dot_all else LINE_ENDS, negated=True)
        if character == "\\":
            return self.escaped()
        if character in "*+?{":
            self.unknown()
        return self.cased([(ord(character), ord(character))], [], False)

    def group(self) -> Part:
        for token, ahead, negated in (
            ("?=", True, False),
            ("?!", True, True),
            ("?<=", False, False),
            ("?<!", False, True),
        ):
            if self.take(token):
                return Look(self.closed(), ahead, negated)
        if self.take("?:"):
            part = self.closed()
            return part if isinstance(part, Either | Repeat) else Sequence((part,))
        return self.unknown() if self.text.startswith("?", self.place) else Group(self.closed())

    def closed(self) -> Part:
        part = self.either()
        return part if self.take(")") else self.unknown()

    def repeated(self, part: Part) -> Part:
        if self.place >= len(self.text) or self.text[self.place] not in "*+?{":
            return part
        if isinstance(part, Start | End | Look):
            self.unknown()
        least, most = self.counts()
        mode = "?" if self.take("?") else "+" if self.take("+") else ""
        if self.place < len(self.text) and self.text[self.place] in "*+?{":
            self.unknown()
        return Repeat(part, least, most, mode)

    def counts(self) -> tuple[int, int | None]:
        sign = self.next()
        if sign != "{":
            return (1 if sign == "+" else 0), (1 if sign == "?" else None)
        end = self.text.find("}", self.place)
        least, comma, most = self.text[self.place : end].partition(",")
        if end < 0 or not (least.isascii() and least.isdigit()) or (most and not (most.isascii() and most.isdigit())):
            self.unknown()
        self.place = end + 1
        return int(least), (int(most) if most else None if comma else int(least))

    def escaped(self) -> Characters:
        spans, kinds, negated = self.escape()
        return Characters(tuple(spans), tuple(kinds), negated)

    def escape(self) -> tuple[list[Span], list[str], bool]:
        """Return spans and kinds of what follows a backslash, and whether all others are meant."""
        character = self.next()
        if character in "pP":
            return [], [self.kind()], character == "P"
        if character.lower() in SHORT:
            return list(SHORT[character.lower()]), [], character.isupper()
        if character in "ux":
            digits = self.text[self.place : self.place + (4 if character == "u" else 2)]
            if len(digits) != (4 if character == "u" else 2) or set(digits) - set("0123456789abcdefABCDEF"):
                self.unknown()
            self.place += len(digits)
            return [(int(digits, 16), int(digits, 16))], [], False
        code = CONTROLS.get(character, ord(character))
        if code == ord(character) and (character.isalnum() or not character.isascii()):
            self.unknown()
        return [(code, code)], [], False

    def kind(self) -> str:
        name = self.next()
        if name == "{":
            end = self.text.find("}", self.place)
            name, self.place = self.text[self.place : end], end + 1
        return name if name in KINDS and self.place > 0 else self.unknown()

    def characters(self) -> Characters:
        negated = self.take("^")
        spans: list[Span] = []
        kinds: list[str] = []
        while not self.take("]"):
            found, of_kind, others = self.member()
            if others:
                self.unknown()
            kinds += of_kind
            if len(found) == 1 and not of_kind and self.text[self.place : self.place + 1] == "-":
                found = [self.range_from(found[0])]
            spans += found
        return self.cased(spans, kinds, negated) if spans or kinds else self.unknown()

    def member(self) -> tuple[list[Span], list[str], bool]:
        character = self.next()
        if character == "\\":
            return self.escape()
        # Classes within classes, and a hyphen or a caret in odd places, are read in more than one way.
        if character in "[&^" or (character == "-" and self.text[self.place : self.place + 1] != "]"):
            self.unknown()
        return [(ord(character), ord(character))], [], False

    def range_from(self, first: Span) -> Span:
        if self.text[self.place + 1 : self.place + 2] == "]":
            return first
        self.place += 1
        found, of_kind, others = self.member()
        if of_kind or others or len(found) != 1 or found[0][0] != found[0][1] or found[0][0] < first[0]:
            self.unknown()
        return first[0], found[0][1]

    def cased(self, spans: list[Span], kinds: list[str], negated: bool) -> Characters:
        """Return the class, of which letters of ASCII are in both cases where the pattern says so."""
        if any(first <= SURROGATES[1] and last >= SURROGATES[0] for first, last in spans):
            self.unknown()
        if self.any_case:
            if kinds:
                self.unknown()
            for first, last in list(spans):
                spans += [
                    (max(first, a) ^ 32, min(last, z) ^ 32)
                    for a, z in ((65, 90), (97, 122))
                    if first <= z and last >= a
                ]
        return Characters(tuple(spans), tuple(kinds), negated)
