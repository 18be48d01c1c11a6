"""Kinds of columns: what each can do is in `base.Kind`."""

from __future__ import annotations

from tieout.matching.kinds.addresses import City, Country, Label, Postcode, Street
from tieout.matching.kinds.base import Kind
from tieout.matching.kinds.contacts import Domain, Email, Phone
from tieout.matching.kinds.names import CompanyName, PersonName, Text
from tieout.matching.kinds.persons import FamilyName, GivenName
from tieout.matching.kinds.values import Date, Identifier, Number

KINDS: dict[str, Kind] = {
    "company_name": CompanyName(),
    "person_name": PersonName(),
    "text": Text(),
    "given_name": GivenName(),
    "family_name": FamilyName(),
    "street": Street(),
    "city": City(),
    "region": Label(),
    "category": Label(),
    "country": Country(),
    "postcode": Postcode(),
    "phone": Phone(),
    "email": Email(),
    "domain": Domain(),
    "identifier": Identifier(),
    "date": Date(),
    "number": Number(),
}

__all__ = ["KINDS", "Kind"]
