"""Without a config, columns are recognised by name and content, and rules earn their pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tieout.config.models.matching import MatchingConfig
from tieout.errors import SourceError
from tieout.matching.comparing.patterns import PatternCounts
from tieout.matching.propose import guess_id, propose
from tieout.matching.propose.selection import select_rules


def companies(rows: int = 200) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    numbers = draw.integers(0, rows // 2, rows)
    return pd.DataFrame(
        {
            "id": [str(n) for n in range(rows)],
            "name": [f"Firm{n} Trading GmbH" for n in numbers],
            "street": [f"Main Street {n % 90 + 1}" for n in numbers],
            "city": [["Berlin", "Hamburg", "Bremen"][n % 3] for n in numbers],
            "postcode": [f"{10000 + n * 37 % 9000}" for n in numbers],
            "phone": [f"+49 30 {1000000 + n * 7919 % 8999999}" for n in numbers],
            "email": [f"info@firm{n}.de" for n in numbers],
            "tax_id": [f"DE{100000000 + n * 104729 % 899999999}" for n in numbers],
            "source": "a",
        }
    )


def test_kinds_are_recognised() -> None:
    config = propose(companies(), records=200, within=True, id_column="id")
    kinds = {name: column.kind for name, column in config.columns.items()}
    assert kinds == {
        "name": "company_name", "street": "street", "city": "city", "postcode": "postcode",
        "phone": "phone", "email": "email", "tax_id": "identifier",
    }  # fmt: skip


def test_the_id_is_what_is_unique_filled_and_called_so() -> None:
    assert guess_id(["name", "id"], companies()) == "id"
    assert guess_id(["name"], companies()) is None


def test_a_proposed_config_reads_back() -> None:
    config = propose(companies(), records=200, within=True, id_column="id")
    data = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert MatchingConfig.model_validate(data) == config


def test_nothing_to_compare_is_an_error_that_says_what_was_found() -> None:
    empty = pd.DataFrame({"id": ["1", "2"], "x": [None, None], "source": ["a", "a"]})
    with pytest.raises(SourceError, match="found x"):
        propose(empty, records=2, within=True, id_column="id")


def test_rules_are_kept_by_the_matches_they_find_for_their_pairs() -> None:
    # Rule 0 finds the matches cheaply, rule 1 the same ones dearly, rule 2 some that nobody else has.
    shared = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    found = PatternCounts(shared, np.zeros((3, 1), dtype=np.uint8), np.array([1000.0, 9e6, 500.0]))
    assert sorted(select_rules(found, np.array([1.0, 0.0, 0.5]), budget=1e7, records=10)) == [0, 2]
