"""E-mail addresses and internet domains in one form."""

from __future__ import annotations

import re
from functools import partial

from tieout.config.lookups import Lookups
from tieout.values.base import Read, Text

ADDRESS = re.compile(r"[^\s<>:;,()\"]+@[^\s<>:;,()\"]+", re.ASCII)
AROUND_ADDRESS = re.compile("[ <:;]")
AROUND_HOST = re.compile(r"^([a-z]+:)?(//)?([^/@]*@)*(www[0-9]?\.)*|[:/?#;, ].*$")


def email(lists: Lookups) -> Read:
    """E-mail address in small letters, without `mailto:`, brackets or spaces.

    The first where there are several. What is no address stays as it is, so that the gate can name it.
    """
    return Read(_email)


def _email(text: str) -> Text:
    small = text.strip(" ").lower()
    if AROUND_ADDRESS.search(small):
        found = ADDRESS.search(small)
        return found[0] if found else small
    return small or None


def domain(lists: Lookups) -> Read:
    """Internet domain of a website or an e-mail address, without `www.`; nothing for public mail providers.

    The providers are in `lookups/public_mail_domains.csv`.
    """
    return Read(partial(_domain, public=frozenset(row["domain"] for row in lists.get("public_mail_domains").rows)))


def _domain(text: str, public: frozenset[str]) -> Text:
    host = AROUND_HOST.sub("", text.strip(" ").lower()).rstrip(".")
    return host if "." in host and not host.startswith(".") and host not in public else None
