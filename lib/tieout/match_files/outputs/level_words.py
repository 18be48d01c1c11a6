"""Levels of agreement in words: `tokens >= 0.8` is "most words the same"."""

from __future__ import annotations

from tieout.matching.comparing.levels import parse_level

# Measure → what agreement on it means, where no number tells more.
_MEASURES = {
    "contained": "one contains the other", "nickname": "short form of the name", "sounds": "sounds the same",
    "initial": "same initial", "initials": "initials fit", "street": "same street", "area": "same area",
    "local": "same part before the @", "domain": "same mail domain", "label": "same but for the ending",
    "digits": "same digits", "codes": "same codes", "number": "same number", "month_day": "same day of the year",
    "year_month": "same month", "year": "same year", "days": "days apart", "years": "years apart",
    "ratio": "nearly the same number", "distance": "nearly the same number",
}  # fmt: skip
_EDIT = ((0.9, "a letter or two differ"), (0.8, "spelled alike"), (0.0, "spelled somewhat alike"))
_TOKENS = (
    (0.9, "nearly all words the same"), (0.7, "most words the same"), (0.5, "half of the words the same"),
    (0.0, "some words the same"),
)  # fmt: skip
SAME, DIFFERENT = "same", "different"


def level_words(label: str, kind: str, left: str | None, right: str | None) -> str:
    """Say a level of `Scheme.label` in words, for a pair of values as their files have them.

    `label` is `missing`, `different` or a level such as `edit >= 0.92 and number`; `kind` the kind of the column.
    """
    if label == "missing":
        if left or right:
            return "only left has one" if left and not right else "only right has one" if not left else "not comparable"
        return "neither has one"
    if label == DIFFERENT:
        return DIFFERENT
    if label == "exact":
        return SAME if left == right else "same, written differently"
    first, *more = parse_level(label)
    said = _measured(first.measure, first.bound, kind)
    numbered = any(condition.measure == "number" for condition in more)
    return f"{said}, same number" if numbered else said


def _measured(measure: str, bound: float, kind: str) -> str:
    if measure in {"edit", "tokens"}:
        return next(said for least, said in (_EDIT if measure == "edit" else _TOKENS) if bound >= least)
    if measure == "swapped":
        return "day and month swapped" if kind == "date" else "first and last name swapped"
    return _MEASURES.get(measure, measure.replace("_", " "))
