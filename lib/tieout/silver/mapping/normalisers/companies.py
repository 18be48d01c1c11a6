"""Legal forms and tax numbers of companies in one form."""

from __future__ import annotations

from tieout.platform.sql import literal
from tieout.silver.mapping.builder import ExpressionBuilder


def legal_form(x: str, at: ExpressionBuilder) -> str:
    """Legal form at the end of a company's name, in its usual spelling: `GmbH`, `Inc`, `Sp. z o.o.`.

    `lookups/legal_forms.csv` has the spellings. The longest one that fits wins (`GmbH & Co. KG`
    before `KG`); a name that is nothing but a form has none. Some forms stand in front: `OOO`, `PT`.
    """
    words = at.let(f"trim(regexp_replace(lower(replace({x}, '.', '')), '[\\\\s,()\"]+', ' '))")
    # Most names end in no form, or in one of a single word: the last word tells whether to look any further.
    last = at.let(at.find(_endings(at), at.let(f"substring_index({words}, ' ', -1)"), "struct<form:string,longer:int>"))
    longer = [at.look_up("legal_forms", f"substring_index({words}, ' ', -{count})") for count in (4, 3, 2)]
    front = at.look_up("legal_forms", at.let(f"substring_index({words}, ' ', 1)"), "front")
    found = f"CASE WHEN {last}.longer = 1 THEN coalesce({', '.join(longer)}) END, {last}.form"
    return f"CASE WHEN contains({words}, ' ') THEN coalesce({found}, {front}) END"


def _endings(at: ExpressionBuilder) -> dict[str, dict[str, str | int]]:
    """Return by the last word of all forms: the form that it is by itself, 1 as `longer` where longer ones end so."""
    found: dict[str, dict[str, str | int]] = {}
    for written, form in at.lookups.get("legal_forms").pairs().items():
        *before, last = written.split(" ")
        found.setdefault(last, {}).update({"longer": 1} if before else {"form": form})
    return found


def tax_id(x: str, at: ExpressionBuilder, country: str | None = None) -> str:
    """Tax number: letters and digits only, letters capital; VAT numbers with their country prefix.

    A number without prefix gets the one of its country where its length is that of a VAT number
    there (`lookups/tax_ids.csv`). ConfigLocation-holders such as zeros or `N/A` become nothing.
    """
    bare = at.let(f"upper(regexp_replace({x}, '[^\\\\p{{L}}\\\\p{{N}}]', ''))")
    rule = at.row_of(
        "tax_ids", f"lower({country or at.country})", {"prefix": "string", "min_length": "int", "max_length": "int"}
    )
    fits = f"length({bare}) BETWEEN {rule}.min_length AND {rule}.max_length"
    junk = f"{bare} RLIKE '^([A-Z]{{2}})?(0*|9{{6,}}|1{{6,}})$' OR NOT {bare} RLIKE '[0-9]' OR length({bare}) < 5"
    has_prefix = f"startswith({bare}, {rule}.prefix) OR {bare} RLIKE '^[A-Z]{{2}}[A-Z0-9]*[0-9]'"
    return (
        f"CASE WHEN {junk} THEN {literal(None)} WHEN {rule} IS NULL OR {has_prefix} THEN {bare} "
        f"WHEN {fits} THEN concat({rule}.prefix, {bare}) ELSE {bare} END"
    )
