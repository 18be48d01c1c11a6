"""Join candidates: tables whose columns a customer has by a join, where no unique key leads to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tieout.config import load_config
from tieout.onboarding.content import Lists
from tieout.onboarding.draft import ObjectDraft, draft
from tieout.onboarding.sample import read_sample
from tieout.onboarding.vocabulary import read_vocabulary

ROWS = range(1, 13)
CUSTOMERS = "mandant,customer_no,customer_name,country,address_no\n" + "".join(
    f"100,C{n:08},Firm {chr(64 + n)} Works GmbH,DE,A{n:08}\n" for n in ROWS
)
# The client number is the same everywhere, and the only row of this table must not make it a key.
AREAS = "mandant,currency\n100,EUR\n"
FUNCTIONS = "mandant,customer_no,role,party_no\n" + "".join(
    f"100,C{n:08},{role},C{max(1, n - (role == 'RE')):08}\n" for n in ROWS for role in ("AG", "RE", "WE")
)
# Four of the customers have two people each.
PEOPLE = "person_no,customer_no,first_name,last_name\n" + "".join(
    f"P{n:08},C{1 + (n - 1) % 8:08},{first},Ngu{chr(96 + n)}\n"
    for n, first in zip(ROWS, ["Anna", "Peter", "Eva", "Paul", "Maria", "Tom"] * 2, strict=True)
)
MAILS = "address_no,person_no,smtp_addr\n" + "".join(
    f"A{n:08},,office@firm{n}.example\nA{n:08},P{n:08},person{n}@firm{n}.example\n" for n in ROWS
)
EXTRAS = "table,key,website\n" + "".join(
    f"customers,C{n:08},www.firm{n}.example\norders,C{n:08},www.order{n}.example\n" for n in ROWS
)


@pytest.fixture
def customers(tmp_path: Path, conf_dir: Path) -> ObjectDraft:
    tables = {"customers": CUSTOMERS, "areas": AREAS, "functions": FUNCTIONS, "people": PEOPLE, "mails": MAILS}
    for name, text in (tables | {"extras": EXTRAS}).items():
        (tmp_path / f"{name}.csv").write_text(text)
    drafts = draft(
        read_sample([tmp_path]), load_config(conf_dir, []).entities, read_vocabulary(conf_dir), Lists(conf_dir)
    )
    return next(one for one in drafts if one.name == "customers")


def joined(one: ObjectDraft, field: str) -> tuple[object, ...]:
    column = one.guesses[field].column
    assert column.via is not None
    join = one.joins[column.via]
    return join.object, join.on, join.where, column.name


def test_the_partner_who_is_billed_is_found_by_a_known_role(customers: ObjectDraft) -> None:
    assert joined(customers, "bill_to_source_id") == (
        "functions", ("customer_no", "customer_no"), (("role", "RE"),), "party_no",
    )  # fmt: skip


def test_mails_of_an_address_are_those_of_no_person(customers: ObjectDraft) -> None:
    assert joined(customers, "email") == (
        "mails", ("address_no", "address_no"), (("person_no", None),), "smtp_addr",
    )  # fmt: skip


def test_rows_that_say_which_table_they_are_about(customers: ObjectDraft) -> None:
    assert joined(customers, "website") == (
        "extras", ("customer_no", "key"), (("table", "customers"),), "website",
    )  # fmt: skip


def test_what_all_rows_have_in_common_joins_nothing(customers: ObjectDraft) -> None:
    assert all("mandant" not in join.on for join in customers.joins.values())
    assert customers.key == ("customer_no",)
