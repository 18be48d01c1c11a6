"""What a model has learned as a table: m, u and weight by comparison and level."""

from __future__ import annotations

from typing import Any

import numpy as np

from tieout.matching.comparing.levels import BANDS
from tieout.matching.comparing.patterns import DIFFERENT_DIGIT, FIRST_LEVEL
from tieout.matching.model import Model


def parameter_rows(model: Model) -> list[dict[str, Any]]:
    """Return one row per comparison and level, best first.

    Keys: comparison, level (number), label, m and u (probability among matches and non-matches),
    weight (log2 m/u), weight_common and weight_rare (for the commonest and rarest values).
    """
    rows = []
    for number, scheme in enumerate(model.schemes):
        m, u, weights = model.parameters.m[number], model.parameters.u[number], model.weights[number]
        for level in range(len(scheme.levels), -1, -1):
            start = FIRST_LEVEL + (level - 1) * BANDS
            places = slice(start, start + BANDS) if level else slice(DIFFERENT_DIGIT, FIRST_LEVEL)
            share_m, share_u = float(m[places].sum()), float(u[places].sum())
            bands = weights[places]
            rows.append(
                {
                    "comparison": scheme.name,
                    "level": level,
                    "label": scheme.label(level),
                    "m": share_m,
                    "u": share_u,
                    "weight": float(np.log2((share_m + 1e-12) / (share_u + 1e-12))),
                    "weight_common": float(bands[0]),
                    "weight_rare": float(bands[-1]),
                }
            )
    return rows
