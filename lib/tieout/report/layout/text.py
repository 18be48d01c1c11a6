"""Numbers, names and lists as people read them: thousands, money in millions, plain words."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
ACRONYMS = {"crm": "CRM", "erp": "ERP", "fx": "FX", "arr": "ARR", "id": "id"}
STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
NOTHING = "–"


def number(value: Any) -> float | None:
    """Return a float, or None for what is missing or not a number (None, NaN, text)."""
    try:
        result = float(value)
    except (TypeError, ValueError):
        return None
    return result if math.isfinite(result) else None


def count(value: Any) -> str:
    """Write a count with thousands: 12,345."""
    found = number(value)
    return NOTHING if found is None else f"{found:,.0f}"


def share(part: Any, whole: Any) -> float:
    """Return part / whole, 0 when there is no whole."""
    below = number(whole) or 0.0
    return (number(part) or 0.0) / below if below else 0.0


def percent(value: Any, digits: int = 1) -> str:
    """Write a share between 0 and 1 as a percentage."""
    found = number(value)
    return NOTHING if found is None else f"{100 * found:.{digits}f} %"


def money(value: Any, currency: str) -> str:
    """Write an amount as people say it: $12.4M, −€310k."""
    found = number(value)
    if found is None:
        return NOTHING
    sign = "−" if found < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    for size, unit in STEPS:
        if abs(found) >= size:
            scaled = abs(found) / size
            return f"{sign}{symbol}{scaled:,.{1 if scaled < 100 else 0}f}{unit}"
    return f"{sign}{symbol}{abs(found):,.0f}"


def amount(value: Any) -> str:
    """Write an amount in full, with thousands and a true minus sign, for a table's column."""
    found = number(value)
    return NOTHING if found is None else f"{found:,.0f}".replace("-", "−")


def thousands(value: Any) -> str:
    """Write an amount in thousands: 1,235 for 1,234,567; a dash for nothing at all."""
    found = number(value)
    return NOTHING if not found else amount(found / 1e3) if abs(found) >= 500 else "0"


def decimal(value: Any) -> str:
    """Write a number with three significant digits."""
    found = number(value)
    return NOTHING if found is None else f"{found:,.3g}".replace("-", "−")


def seconds(value: Any) -> str:
    """Write a duration: 0.4 s, 12 s, 3 min 5 s."""
    found = number(value)
    if found is None:
        return NOTHING
    if found < 10:
        return f"{found:.1f} s"
    minutes, rest = divmod(round(found), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def words(items: Iterable[Any], last: str = "and") -> str:
    """Join words as a sentence does: a, b and c."""
    listed = [str(item) for item in items]
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"


def plural(value: Any, one: str, many: str | None = None) -> str:
    """Write a count with its noun: 1 customer, 2,310 customers."""
    return f"{count(value)} {one if number(value) == 1 else many or one + 's'}"


def title(name: Any) -> str:
    """Turn a name of the config into words: won_not_ordered → Won not ordered."""
    found = " ".join(ACRONYMS.get(word, word) for word in str(name).replace("_", " ").split())
    return found[:1].upper() + found[1:]


def shorten(value: Any, width: int) -> str:
    """Cut a long text to `width` characters and say so by an ellipsis."""
    text = "" if value is None else str(value)
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def plain(value: Any, width: int = 60) -> str:
    """Make a value of the data safe as a label of a chart.

    Charts read a few HTML tags in labels, so `<`, `>` and `&` are escaped; line breaks become spaces.
    """
    return html.escape(shorten(" ".join(str(value).split()), width), quote=False)


def plains(values: Sequence[Any], width: int = 60) -> list[str]:
    """Apply `plain` to each value."""
    return [plain(value, width) for value in values]
