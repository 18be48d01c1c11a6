"""The named normalisers that a mapping may use, and what is wrong in a use of one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tieout.config.base import nearest
from tieout.config.models.entity import NormaliserUse
from tieout.values.base import Read
from tieout.values.companies import legal_form, tax_id
from tieout.values.keys import case_safe_id, guid, integer_text, no_leading_zeros, pad
from tieout.values.phones import phone
from tieout.values.places import country, postcode, region
from tieout.values.texts import alphanumeric, digits, first_of, lower, squash_space, upper
from tieout.values.web import domain, email
from tieout.values.words import code, currency, unit

# Takes the code lists and the options of its use.
Normaliser = Callable[..., Read]

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
    parameters = list(inspect.signature(NORMALISERS[name]).parameters.values())[1:]
    allowed = [parameter.name for parameter in parameters]
    for option in options:
        if option not in allowed:
            found = f"normaliser {name} has no option {option!r}"
            raise ValueError(f"{found}; it has {', '.join(allowed) or 'none'}.{nearest(option, allowed)}")
    needed = [one.name for one in parameters if one.default is inspect.Parameter.empty and one.name not in options]
    if needed:
        raise ValueError(f"normaliser {name} needs {', '.join(needed)}: {{{name}: {{{needed[0]}: ...}}}}")
    return name, options
