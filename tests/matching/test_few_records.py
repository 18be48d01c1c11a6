"""Two files of a few records: nothing to learn from but the pairs that are equal (after dedupeio/dedupe#883)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from tieout.config.models.matching import MatchingConfig
from tieout.matching.comparing.levels import compare, schemes
from tieout.matching.comparing.patterns import Digits, PatternCounts, to_digits
from tieout.matching.model import Model
from tieout.matching.prepare.batch import Batch, prepare_table
from tieout.matching.propose.proposal import local_frequencies
from tieout.matching.training.em import estimate, fields_of

RECORDS = pd.DataFrame(
    [
        ("l1", "132", "Boxround", "boxround.example"),
        ("l2", "343", "Calmsoft Systems USA", "calmsoft.example"),
        ("l3", "2342", "VillaMoka APS", "moka.example"),
        ("l4", "45", "Balanz.as", "balanz.example"),
        ("l5", "45", "Cofemil - Sociedade De Vestuário S.A.", "lkt.example"),
        ("l6", "23", "jolson", "jolson.example"),
        ("r1", "3453", "Boxround", "boxround.example"),
        ("r2", "6456", "Calmsoft Systems USA", "calmsoft.example"),
        ("r3", "77", "Octopod", "octopod.example"),
        ("r4", "444", "Balanz.as", "balanz.example"),
        ("r5", "36", "Cofemil - Sociedade De Vestuario S.A.", "lkt.example"),
        ("r6", "22", "GBX Communication", "calmsoft.example"),
    ],
    columns=["id", "account", "name", "domain"],
)
CONFIG = MatchingConfig.model_validate(
    {
        "columns": {"account": "category", "name": "company_name", "domain": "domain"},
        "blocking_rules": ["name", "domain"],
        "comparisons": [{"name": name, "columns": [name]} for name in ("account", "name", "domain")],
    }
)


@pytest.fixture(scope="module")
def matched() -> set[tuple[str, str]]:
    """Return the pairs that a model accepts which was learnt from these twelve records alone."""
    texts = pa.table({name: RECORDS[name].to_list() for name in CONFIG.columns})
    prepared = pa.table(prepare_table(CONFIG, texts))
    batch = Batch(CONFIG, prepared, local_frequencies(CONFIG, prepared))
    left, right = np.triu_indices(len(RECORDS), 1)
    digits = to_digits(compare(batch, schemes(CONFIG), left, right))
    alike = (digits[:, 1:] > 1).any(axis=1)
    found = estimate(
        _counts(digits[alike]), _counts(digits), float(len(left)), fields_of(schemes(CONFIG)), CONFIG.training
    )
    chance = Model(CONFIG, found, batch.frequencies).score(digits[alike]).probability
    ids = RECORDS["id"].to_numpy()
    accepted = chance >= CONFIG.thresholds.accept
    return set(zip(ids[left[alike][accepted]], ids[right[alike][accepted]], strict=True))


def _counts(digits: Digits) -> PatternCounts:
    patterns, counts = np.unique(digits, axis=0, return_counts=True)
    shared: NDArray[np.bool_] = np.zeros((len(patterns), 0), dtype=bool)
    return PatternCounts(shared, patterns, counts.astype(np.float64))


def test_equal_names_and_domains_are_matches(matched: set[tuple[str, str]]) -> None:
    assert matched == {("l1", "r1"), ("l2", "r2"), ("l4", "r4"), ("l5", "r5")}


def test_another_company_on_the_same_domain_is_none(matched: set[tuple[str, str]]) -> None:
    assert ("l2", "r6") not in matched
    assert ("r2", "r6") not in matched
