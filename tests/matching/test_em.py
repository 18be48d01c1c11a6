"""EM finds matches among strangers and relatives without labels."""

from __future__ import annotations

import numpy as np

from tieout.config.models.matching import Training
from tieout.matching.comparing.patterns import DIFFERENT_DIGIT, FIRST_LEVEL, PatternCounts
from tieout.matching.training.em import Field, beliefs, estimate

AGREE = FIRST_LEVEL  # one level, commonest band


def counts(rows: list[tuple[list[int], float]]) -> PatternCounts:
    digits = np.array([digits for digits, _ in rows], dtype=np.uint8)
    return PatternCounts(np.zeros((len(rows), 0), dtype=bool), digits, np.array([n for _, n in rows]))


def test_relatives_that_share_an_address_are_not_matches() -> None:
    # Fields: name and tax id identify, address and phone are shared. All is right or wrong together.
    same, sisters = [AGREE] * 4, [DIFFERENT_DIGIT, DIFFERENT_DIGIT, AGREE, AGREE]
    chance = [DIFFERENT_DIGIT] * 4
    candidates = counts([(same, 1000.0), (sisters, 200.0), ([AGREE, DIFFERENT_DIGIT, *chance[:2]], 300.0)])
    random = counts([(chance, 1e6)] + [([AGREE if k == n else 1 for k in range(4)], 30.0) for n in range(4)])
    fields = [Field(1, True, True), Field(1, True, True), Field(1), Field(1)]
    found = estimate(candidates, random, 1e8, fields, Training())
    match, relative = beliefs(found, candidates)
    assert match[0] > 0.99
    assert match[1] < 0.5 < relative[1]
    assert abs(found.matches - 1000) < 150


def test_probabilities_add_up_and_missing_says_nothing() -> None:
    candidates = counts([([AGREE, AGREE], 50.0), ([AGREE, 0], 50.0), ([DIFFERENT_DIGIT, AGREE], 500.0)])
    random = counts([([DIFFERENT_DIGIT, DIFFERENT_DIGIT], 1e5), ([DIFFERENT_DIGIT, AGREE], 100.0)])
    found = estimate(candidates, random, 1e6, [Field(1, True, True), Field(1)], Training())
    for table in (*found.m, *found.u, *found.q[0], *found.q[1]):
        assert abs(table.sum() - 1) < 1e-9
    assert all(weights[0] == 0 for weights in found.weights())


def test_sisters_are_told_apart_from_neighbours_that_outnumber_them() -> None:
    # Name and tax id identify; street, city, phone are shared. Neighbours share the city, sisters all of it.
    match, sisters, neighbours = [AGREE] * 5, [DIFFERENT_DIGIT] * 2 + [AGREE] * 3, [DIFFERENT_DIGIT] * 5
    neighbours[3] = AGREE
    without_id = [AGREE, 0, *[AGREE] * 3]
    untold = [DIFFERENT_DIGIT, 0, *[AGREE] * 3]
    candidates = counts(
        [(match, 2000.0), (without_id, 500.0), (sisters, 100.0), (untold, 30.0), (neighbours, 50_000.0)]
    )
    random = counts([([DIFFERENT_DIGIT] * 5, 1e6), (neighbours, 400.0)])
    fields = [Field(1, True, False), Field(1, True, True), Field(1), Field(1), Field(1)]
    found = estimate(candidates, random, 1e8, fields, Training())
    belief, relative = beliefs(found, candidates)
    assert belief[1] > 0.99
    assert relative[2] > 0.9
    assert belief[3] < 0.5
    assert 50 < found.relatives[1] < 400
