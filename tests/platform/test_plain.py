"""Figures become JSON that every parser reads."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tieout.platform.console import to_json


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        (Decimal("NaN"), None),
        (Decimal("Infinity"), None),
        (pd.NaT, None),
        (pd.NA, None),
        (np.float32("nan"), None),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array([1.0, float("nan")]), [1.0, None]),
        (Decimal("12.50"), 12.5),
        (Decimal("12"), 12),
        (10**30, 10**30),
        (date(2026, 9, 30), "2026-09-30"),
        (pd.Timestamp("2026-09-30 12:00"), "2026-09-30 12:00:00"),
        (Path("a/b"), "a/b"),
        ({1: {"b", "a"}}, {"1": ["a", "b"]}),
        ((None, "ACME [/] GmbH \x1b"), [None, "ACME [/] GmbH \x1b"]),
        ("half \udce4", "half \udce4"),
    ],
)
def test_what_json_does_not_know_becomes_plain(value: object, read: object) -> None:
    text = to_json({"value": value})
    assert json.loads(text, parse_constant=lambda name: pytest.fail(name)) == {"value": read}
    assert text.isascii()
