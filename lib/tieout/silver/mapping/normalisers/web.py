"""E-mail addresses and internet domains in one form."""

from __future__ import annotations

from tieout.platform.sql import literal
from tieout.silver.mapping.builder import ExpressionBuilder

BREAKS = ("\\n", "\\r")


def email(x: str, at: ExpressionBuilder) -> str:
    """E-mail address in small letters, without `mailto:`, brackets or spaces.

    The first where there are several. What is no address stays as it is, so that the gate can name it.
    """
    small = at.let(f"lower(trim({x}))")
    plain = " AND ".join(f"NOT contains({small}, '{sign}')" for sign in " <:;")
    found = f"regexp_extract({small}, '[^\\\\s<>:;,()\"]+@[^\\\\s<>:;,()\"]+', 0)"
    return f"nullif(CASE WHEN {plain} THEN {small} ELSE coalesce(nullif({found}, ''), {small}) END, '')"


def domain(x: str, at: ExpressionBuilder) -> str:
    """Internet domain of a website or an e-mail address, without `www.`; nothing for public mail providers.

    The providers are in `lookups/public_mail_domains.csv`.
    """
    small = at.let(f"lower(trim({x}))")
    host = at.let(_host(small, at))
    providers = at.lookups.get("public_mail_domains")
    public = ", ".join(literal(row["domain"]) for row in providers.rows)
    is_host = f"contains({host}, '.') AND NOT startswith({host}, '.')"
    return f"CASE WHEN {is_host} AND {host} NOT IN ({public}) THEN trim(TRAILING '.' FROM {host}) END"


def _host(address: str, at: ExpressionBuilder) -> str:
    """Return the host's name in an address of small letters, without `www.`.

    Addresses that are a host after `http://` and before a slash, as most are, need no pattern, which costs far more.
    """
    bare = at.let(
        f"CASE WHEN startswith({address}, 'https://') THEN substr({address}, 9) "
        f"WHEN startswith({address}, 'http://') THEN substr({address}, 8) ELSE {address} END"
    )
    after = f"CASE WHEN startswith({bare}, 'www.') THEN substr({bare}, 5) ELSE {bare} END"
    host = at.let(f"substring_index({after}, '/', 1)")
    odd = [f"contains({host}, '{sign}')" for sign in ":@?#;, "] + [f"contains({address}, '{end}')" for end in BREAKS]
    pattern = "^([a-z]+:)?(//)?([^/@]*@)?(www[0-9]?\\\\.)?|[:/?#;, ].*$"
    is_odd = f"{host} = '' OR startswith({host}, 'www') OR {' OR '.join(odd)}"
    return f"CASE WHEN {is_odd} THEN regexp_replace({address}, '{pattern}', '') ELSE {host} END"
