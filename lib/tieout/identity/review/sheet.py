"""Questions as a sheet: what a person decides by comes first, differences are marked, keys come last."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import pandas as pd

from tieout.config.models.matching import MatchingConfig
from tieout.identity.explanation.verdict import percent
from tieout.identity.review.queue import ANSWER, KEYS
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.model import Model
from tieout.matching.tracking.pyfunc import score_pairs
from tieout.platform.sheets import Column, Sheet

HELP = "Help"
CHOICES = ("match", "no_match", "open")
DIFFERENT, ONE_SIDED, ENTRY = "FFE0A3", "E6E6E6", "E8F1FB"
# What a name, a town and a country is called in a config, by kind; the first kind that a config has is the name.
_NAMES = (("company_name",), ("person_name",), ("given_name", "family_name"), ("text",), ("identifier",))
_PLACES = {"Town": "city", "Country": "country"}
_LIKELY = (
    (0.97, "almost certainly the same"),
    (0.8, "probably the same"),
    (0.6, "rather the same"),
    (0.4, "could be either"),
    (0.2, "rather not the same"),
    (0.0, "probably not the same"),
)
# Bits of evidence that are worth a word, and how many words.
_WORTH, _MOST = 0.5, 4
_WIDTHS, OTHER_WIDTH = {"Name": 28.0, "Town": 16.0, "Country": 9.0}, 22.0
_SIDES = {"A": "l", "B": "r"}


def question_sheet(rows: pd.DataFrame, config: MatchingConfig, model: Model | None, currency: str) -> Sheet:
    """Lay out questions, as `review.worklist` gives them, for one entity.

    Columns in order: number, both names, towns and countries, money at stake (in `currency`), money that
    agrees where any does, how likely they are the same in words, the machine's reason (with a `model`, what
    speaks for and against), verdict (a drop-down) and note, both systems, all other fields side by side,
    and the keys that `read_answered` needs. Cells of fields in which the two records differ are marked.
    """
    lead = _lead(config, rows)
    rest = _rest(config, rows, lead)
    fields = lead | rest
    table = pd.DataFrame(index=rows.index)
    columns = [Column("#", width=5)]
    table["#"] = range(1, len(rows) + 1)
    _add_fields(table, columns, rows, lead)
    _add_judgement(table, columns, rows, model, currency)
    table["systems"] = rows["source_system_l"] + " / " + rows["source_system_r"]
    columns.append(Column("systems", "Systems A / B", width=22))
    _add_fields(table, columns, rows, rest)
    for key in KEYS:
        table[key] = rows[key]
        columns.append(Column(key, width=16, note="Import finds the records by this. Leave it as it is."))
    return Sheet(config.entity, table, columns, _marks(table, list(fields)), frozen=3)


def help_sheet() -> Sheet:
    """Return the sheet that says what to write, and what the colours mean."""
    lines = [
        ("match", "The two records are one. The next `tieout resolve` puts them together."),
        ("no_match", "They are not, and never share a customer, not through others either."),
        ("open", "Takes an earlier decision back."),
        ("(empty)", "Not decided."),
        ("note", "Is kept with the decision: why."),
        ("orange", "The two records differ in this field (not only in capitals or punctuation)."),
        ("grey", "Only one of them has a value."),
        ("then", "Run tieout review import FILE, then tieout resolve. Sort and filter as you like; keep the keys."),
    ]
    colours = {"orange": DIFFERENT, "grey": ONE_SIDED}
    table = pd.DataFrame(lines, columns=["Verdict", "Meaning"])
    marks = {"Verdict": [colours.get(word) for word in table["Verdict"]]}
    columns = [Column("Verdict", width=14), Column("Meaning", width=90, wrap=True)]
    return Sheet(HELP, table, columns, marks, filter=False)


def _lead(config: MatchingConfig, rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return the columns of what people know a record by, by title."""
    by_kind: dict[str, list[str]] = {}
    for name, column in config.columns.items():
        by_kind.setdefault(column.kind, []).extend(
            source for source in column.source or [name] if f"{source}_l" in rows
        )
    names = next((kinds for kinds in _NAMES if any(by_kind.get(kind) for kind in kinds)), ())
    found = {"Name": [name for kind in names for name in by_kind.get(kind, [])[:1]]}
    found |= {title: by_kind.get(kind, [])[:1] for title, kind in _PLACES.items()}
    return {title: columns for title, columns in found.items() if columns}


def _rest(config: MatchingConfig, rows: pd.DataFrame, lead: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return all other fields that the model reads, by title."""
    names = [name for name in source_columns(config) if f"{name}_l" in rows and [name] not in lead.values()]
    return {_title(name) + (" field" if _title(name) in lead else ""): [name] for name in names}


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _add_fields(table: pd.DataFrame, columns: list[Column], rows: pd.DataFrame, fields: dict[str, list[str]]) -> None:
    for title, names in fields.items():
        for letter, side in _SIDES.items():
            known = zip(*(rows[f"{name}_{side}"] for name in names), strict=True)
            table[f"{title} {letter}"] = [" ".join(filter(None, map(_text, values))) or None for values in known]
            columns.append(Column(f"{title} {letter}", width=_WIDTHS.get(title, OTHER_WIDTH), wrap=True))


def _add_judgement(
    table: pd.DataFrame, columns: list[Column], rows: pd.DataFrame, model: Model | None, currency: str
) -> None:
    table["stake"] = rows["value"].astype(float)
    columns.append(Column("stake", f"At stake ({currency})", width=13, format="#,##0"))
    if rows["amount"].notna().any():
        table["agrees"] = rows["amount"].astype(float)
        columns.append(Column("agrees", f"Money that agrees ({currency})", width=13, format="#,##0"))
    table["likely"] = [likely(value) for value in rows["match_probability"]]
    table["reason"] = _reasons(rows, model)
    columns += [Column("likely", "How likely", width=17, wrap=True), Column("reason", "Why asked", width=46, wrap=True)]
    for name in ANSWER:
        table[name] = rows[name]
    columns += [
        Column("verdict", width=11, choices=CHOICES, fill=ENTRY, note="match, no_match, or open to take one back"),
        Column("note", width=24, wrap=True, fill=ENTRY, note="Why; kept with the decision"),
    ]


def likely(probability: float) -> str:
    """Say a match probability in words, with the number: `probably the same (83 %)`."""
    word = next(word for least, word in _LIKELY if probability >= least)
    share = f"{100 * probability:.0f} %" if 0.01 <= probability <= 0.99 else percent(probability)
    # A percentage is not broken before its sign.
    return f"{word} ({share.replace(' ', chr(0xA0))})"


def _reasons(rows: pd.DataFrame, model: Model | None) -> list[str]:
    evidence = rows["evidence"].fillna("").tolist()
    reasons = rows["reason"].str.replace("_", " ").tolist()
    asked = [f"{reason}: {more}" if more else reason for reason, more in zip(reasons, evidence, strict=True)]
    if model is None or rows.empty:
        return asked
    return [f"{reason}. {said}" if said else reason for reason, said in zip(asked, _evidence(rows, model), strict=True)]


def _evidence(rows: pd.DataFrame, model: Model) -> list[str]:
    """Say which comparisons speak for a match, strongest first, and which against it."""
    scored = score_pairs(model, rows)
    names = [scheme.name for scheme in model.schemes]
    weights = scored[[f"weight_{name}" for name in names]].to_numpy()
    levels = scored[[f"level_{name}" for name in names]].to_numpy()
    return [_for_and_against(names, *row) for row in zip(weights.tolist(), levels.tolist(), strict=True)]


def _for_and_against(names: list[str], weights: list[float], levels: list[str]) -> str:
    known = [found for found in zip(weights, names, levels, strict=True) if found[2] != "missing"]
    known.sort(key=lambda found: -abs(found[0]))
    good = _alike([found[1:] for found in known if found[0] > _WORTH])
    bad = _alike([found[1:] for found in known if found[0] < -_WORTH])
    return " ".join(f"{word}: {said}." for word, said in (("For", good), ("Against", bad)) if said)


def _alike(levels: list[tuple[str, str]]) -> str:
    """Say `same street, phone; similar name` of comparisons and their levels."""
    words: dict[str, list[str]] = {}
    for name, level in levels[:_MOST]:
        word = {"exact": "same", "different": "different"}.get(level, "similar")
        words.setdefault(word, []).append(name.replace("_", " "))
    return "; ".join(f"{word} {', '.join(names)}" for word, names in words.items())


def _marks(table: pd.DataFrame, titles: Sequence[str]) -> dict[str, list[str | None]]:
    marks: dict[str, list[str | None]] = {}
    for title in titles:
        sides = [table[f"{title} {letter}"].map(_plain) for letter in _SIDES]
        marks[f"{title} A"] = [_mark(*pair) for pair in zip(*sides, strict=True)]
        marks[f"{title} B"] = marks[f"{title} A"]
    return marks


def _mark(one: str, other: str) -> str | None:
    if one == other:
        return None
    return DIFFERENT if one and other else ONE_SIDED


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _plain(value: object) -> str:
    """Return a value without what is only form: capitals, accents apart from letters, punctuation, spaces."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", _text(value)).casefold())
