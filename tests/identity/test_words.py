"""Explanations in words: steps, verdicts, chains."""

from datetime import datetime

import pytest

from tieout.identity.explanation.lookup import Found, is_tieout_id
from tieout.identity.explanation.neighbourhood import Link, strongest_path
from tieout.identity.explanation.pairs import TOGETHER, PairExplanation, Step, probability
from tieout.identity.explanation.verdict import membership_words, pair_verdict, step_words

CRM = Found("account", "crm", "1", "C-0000000000001", 0.99, "auto")
ERP = Found("account", "erp", "7", "C-0000000000001", 0.99, "auto")
OTHER = Found("account", "erp", "8", "C-0000000000008", 0.99, "auto")
UNLIKELY = PairExplanation(-12.0, [], -2.0, 0.2, [], {"accept": 0.5, "review": 0.1})


def link(left, right, share, status="accepted", reason=None, **levels):
    return Link(left, right, share, 0.0, "phone", levels, status, reason)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            Step("name", "Acme", "ACME", "exact", 10.0, 0.0),
            "agrees (exact): 1,024 times likelier if they are the same",
        ),
        (
            Step("city", "Bonn", "Köln", "different", -2.0, 0.0),
            "differs: 4.0 times likelier if they are different",
        ),
        (Step("phone", "", "0228", "missing", 0.0, 0.0), "only one has a value: says little"),
        (Step("phone", "", "", "missing", 0.0, 0.0), "neither has a value: says little"),
        (
            Step(TOGETHER, "", "", "may be relatives", -1.0, 0.0),
            "may be relatives: 2.0 times likelier if they are different",
        ),
    ],
)
def test_a_step_in_words(step, words):
    assert step_words(step) == words


def test_the_path_whose_weakest_link_is_strongest_is_shown():
    links = [link("crm:1", "erp:7", 0.6), link("crm:1", "crm:2", 0.99), link("crm:2", "erp:7", 0.9)]
    assert [one.right for one in strongest_path(links, "crm:1", "erp:7")] == ["crm:2", "erp:7"]
    assert strongest_path(links, "crm:1", "erp:9") == []


def test_a_chain_is_named_when_the_pair_itself_is_not_accepted():
    path = [link("crm:1", "crm:2", 0.99), link("crm:2", "erp:7", 0.9)]
    said = pair_verdict(CRM, ERP, UNLIKELY, None, path, None)
    assert said == "They are the same account, C-0000000000001, through crm:1 → crm:2 (99 %) → erp:7 (90 %)."


def test_a_cut_pair_says_what_cut_it():
    cut = link("crm:1", "erp:8", 0.9, "cut", "tax_id differs within country")
    said = pair_verdict(CRM, OTHER, UNLIKELY, cut, [], None)
    assert said.endswith("the pair alone would be accepted, but it was cut (tax_id differs within country).")


def test_a_steward_has_the_last_word():
    decision = {"verdict": "no_match", "who": "ann", "at": datetime(2026, 5, 1), "note": "two branches"}
    said = pair_verdict(CRM, OTHER, UNLIKELY, None, [], decision)
    assert said == "ann decided on 2026-05-01 that they are not the same account: two branches."


def test_membership_names_the_strongest_link():
    said = membership_words(CRM, [link("crm:1", "erp:7", 0.999, name=3, city=0, phone=-1)], alone=False)
    assert said == "99.9 % the same as erp:7: agree on name; differ in city"


def test_bits_and_probabilities_and_ids():
    assert probability(0.0) == 0.5
    assert probability(-2000.0) == pytest.approx(0.0)
    assert is_tieout_id("C-0000000000001")
    assert not is_tieout_id("0015g0000000Kt1AAE")
