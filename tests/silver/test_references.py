"""What refers to a record that nobody has goes to quarantine, in a first run and in a later one."""

from __future__ import annotations

from .conftest import Harbour


def test_people_of_a_firm_that_nobody_knows_wait_in_quarantine_until_it_comes(harbour: Harbour) -> None:
    harbour.run(
        firms_1="nr,firm,parent\n1,Alpha GmbH,\n2,Beta KG,1\n",
        people_1="id,firm,name\n10,1,Abel\n11,2,Bauer\n12,3,Celan\n",
    )
    assert harbour.ids("contact") == ["10", "11"]
    (orphan,) = harbour.lake.read("silver", "quarantine").collect()
    assert (orphan["entity"], orphan["source_id"]) == ("contact", "12")
    assert orphan["rule"] == "account_source_id: exists"

    harbour.run(firms_2="nr,firm,parent\n3,Gamma AG,\n", people_2="id,firm,name\n13,4,Dorn\n")
    assert harbour.ids("contact") == ["10", "11", "12"]
    assert harbour.ids("quarantine", "state = 'open'") == ["13"]
