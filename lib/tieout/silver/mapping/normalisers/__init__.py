"""The named normalisers that a mapping may use, each a function from Spark SQL to Spark SQL."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tieout.config.base import nearest
from tieout.config.models.entity import NormaliserUse
from tieout.silver.mapping.builder import ExpressionBuilder
from tieout.silver.mapping.normalisers.addresses import country, postcode, region
from tieout.silver.mapping.normalisers.companies import legal_form, tax_id
from tieout.silver.mapping.normalisers.keys import case_safe_id, guid, integer_text, no_leading_zeros, pad
from tieout.silver.mapping.normalisers.phones import phone
from tieout.silver.mapping.normalisers.texts import alphanumeric, digits, first_of, lower, squash_space, upper
from tieout.silver.mapping.normalisers.web import domain, email
from tieout.silver.mapping.normalisers.words import code, currency, unit

Normaliser = Callable[..., str]

NORMALISERS: dict[str, Normaliser] = {
    function.__name__: function
    for function in (
        alphanumeric, case_safe_id, code, country, currency, digits, domain, email, first_of, guid, integer_text,
        legal_form, lower, no_leading_zeros, pad, phone, postcode, region, squash_space, tax_id, unit, upper,
    )
}  # fmt: skip


def parse_use(use: NormaliserUse) -> tuple[str, dict[str, Any]]:
    """Return a normaliser's name and options. Raises ValueError that says what is wrong."""
    if isinstance(use, str):
        name, options = use, dict[str, Any]()
    elif len(use) == 1:
        name, options = next(iter(use.items()))
    else:
        raise ValueError(f"one normaliser a list item; found {', '.join(use)}")
    if name not in NORMALISERS:
        known = sorted(NORMALISERS)
        raise ValueError(f"unknown normaliser {name!r}; there are {', '.join(known)}.{nearest(name, known)}")
    parameters = list(inspect.signature(NORMALISERS[name]).parameters.values())[2:]
    allowed = [parameter.name for parameter in parameters]
    for option in options:
        if option not in allowed:
            found = f"normaliser {name} has no option {option!r}"
            raise ValueError(f"{found}; it has {', '.join(allowed) or 'none'}.{nearest(option, allowed)}")
    needed = [one.name for one in parameters if one.default is inspect.Parameter.empty and one.name not in options]
    if needed:
        raise ValueError(f"normaliser {name} needs {', '.join(needed)}: {{{name}: {{{needed[0]}: ...}}}}")
    return name, options


def normalise(sql: str, uses: list[NormaliserUse], builder: ExpressionBuilder) -> str:
    """Apply normalisers in order to a text (SQL); one that is named twice is applied once."""
    done: list[tuple[str, dict[str, Any]]] = []
    for use in uses:
        name, options = parse_use(use)
        if (name, options) not in done:
            sql = builder.let(NORMALISERS[name](builder.let(sql), builder, **options))
            done.append((name, options))
    return sql
