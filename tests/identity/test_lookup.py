"""Which record is meant: by system and id, by a bare id, without leading zeros, or not at all."""

import pytest

from tieout.errors import UsageError
from tieout.identity.explanation.lookup import find_records, members
from tieout.identity.ids.crosswalk import SCHEMA

ROWS = [
    ("account", "crm", "0015A", "C-0000000000001", 0.9, "auto", "run"),
    ("account", "erp", "0000000042", "C-0000000000001", 0.9, "auto", "run"),
    ("contact", "erp", "0000000042", "P-0000000000001", 0.9, "auto", "run"),
    ("account", "erp2", "77", "C-0000000000002", 0.9, "auto", "run"),
    ("account", "erp", "77", "C-0000000000003", 0.9, "auto", "run"),
]


@pytest.fixture(scope="module")
def crosswalk(spark):
    return spark.createDataFrame(ROWS, SCHEMA).persist()


def names(crosswalk, *texts, entity=None):
    return [(record.entity, record.name) for record in find_records(crosswalk, texts, entity)]


def test_ids_are_found_with_or_without_system_and_zeros(crosswalk):
    expected = [("account", "crm:0015A"), ("account", "erp:0000000042")]
    assert names(crosswalk, "0015A", "42") == expected
    assert names(crosswalk, "crm:0015A", "erp:42") == expected


def test_the_other_record_tells_which_entity_is_meant(crosswalk):
    assert names(crosswalk, "42", entity="contact") == [("contact", "erp:0000000042")]
    with pytest.raises(UsageError, match="42 may be any of erp:0000000042 .account., erp:0000000042 .contact."):
        names(crosswalk, "42")


def test_an_ambiguous_id_lists_the_choices(crosswalk):
    with pytest.raises(UsageError, match="77 may be any of erp2:77 .account., erp:77 .account."):
        names(crosswalk, "77")
    assert names(crosswalk, "erp2:77") == [("account", "erp2:77")]


def test_an_unknown_id_says_what_to_give(crosswalk):
    with pytest.raises(UsageError, match="nobody: no such record in match.crosswalk"):
        names(crosswalk, "nobody", "42")


def test_members_of_a_cluster(crosswalk):
    assert [record.source_system for record in members(crosswalk, "C-0000000000001", 10)] == ["crm", "erp"]
