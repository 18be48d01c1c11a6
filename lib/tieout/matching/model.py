"""A trained model: how it scores a pair, and how it is kept on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tieout.config.models.matching import MatchingConfig
from tieout.errors import ModelError
from tieout.matching.comparing.levels import Scheme, schemes
from tieout.matching.comparing.patterns import Digits
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.training.em import Parameters, probability

MODEL_FILE, FREQUENCY_FILE = "model.json", "frequencies.npz"
# Changes with what a saved model means: its fields, and how the texts in its frequency tables are hashed.
FORM = 4
# Models of form 3 left levels to the kinds; this is what a company's name had then.
FORMER_LEVELS = {
    "company_name": [
        "exact", "tokens >= 0.95", "edit >= 0.92", "tokens >= 0.8", "edit >= 0.84", "contained >= 0.9",
        "tokens >= 0.6", "tokens >= 0.35",
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """Weight by comparison (pairs in rows), their sum with the prior, and the match probability.

    `relatives` is what the weight loses because the pair may be relatives: 0 or less.
    """

    parts: NDArray[np.float64]
    relatives: NDArray[np.float64]
    weight: NDArray[np.float64]
    probability: NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A trained model: the config it was trained with, its parameters, and how common values are."""

    config: MatchingConfig
    parameters: Parameters
    frequencies: Frequencies

    @cached_property
    def schemes(self) -> list[Scheme]:
        """Return the comparisons and their levels."""
        return schemes(self.config)

    @cached_property
    def weights(self) -> list[NDArray[np.float64]]:
        """Return log2(m/u) by comparison and outcome."""
        return self.parameters.weights()

    @cached_property
    def relative_weights(self) -> list[list[NDArray[np.float64]]]:
        """Return, by sort of relatives, log2(q/u) by comparison and outcome."""
        return self.parameters.relative_weights()

    def score(self, digits: Digits) -> Scores:
        """Score pairs by the outcomes of their comparisons, one row a pair."""
        parts = np.stack([table[digits[:, number]] for number, table in enumerate(self.weights)], axis=1)
        found = self.parameters
        related = found.relative_odds(digits, self.relative_weights)
        relatives = -np.logaddexp2.reduce([np.zeros(len(digits)), *related])
        weight = parts.sum(axis=1) + found.prior_weight + relatives
        return Scores(parts, relatives, weight, probability(weight))

    def save(self, folder: Path) -> None:
        """Write the model as JSON with the frequency tables beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL_FILE).write_text(json.dumps(self.to_dict(), indent=1))
        np.savez_compressed(folder / FREQUENCY_FILE, **self.frequencies.tables)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the frequency tables as plain data."""
        return {
            "form": FORM,
            "config": self.config.model_dump(mode="json", by_alias=True),
            "levels": [list(scheme.texts) for scheme in self.schemes],
            "m": [table.tolist() for table in self.parameters.m],
            "u": [table.tolist() for table in self.parameters.u],
            "q": [[table.tolist() for table in sort] for sort in self.parameters.q],
            "matches": self.parameters.matches,
            "relatives": self.parameters.relatives,
            "population": self.parameters.population,
            "iterations": self.parameters.iterations,
            "records": self.frequencies.records,
        }

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read a model that `save` wrote. Raises ModelError when the folder holds none."""
        try:
            data = json.loads((folder / MODEL_FILE).read_text())
            with np.load(folder / FREQUENCY_FILE) as tables:
                frequencies = Frequencies(data["records"], {name: tables[name] for name in tables.files})
        except (OSError, ValueError) as error:
            raise ModelError(f"{folder}: no matching model ({error}); train one with `tieout train`") from error
        if data.get("form") not in (FORM, FORM - 1):
            raise ModelError(f"{folder}: the model is of an older form; train again with `tieout train`")
        m, u = ([np.array(table) for table in data[name]] for name in ("m", "u"))
        q = [[np.array(table) for table in sort] for sort in data["q"]]
        parameters = Parameters(m, u, q, *(data[name] for name in ("matches", "relatives", "population", "iterations")))
        config = MatchingConfig.model_validate(data["config"])
        return cls(_with_levels(config, data.get("levels")), parameters, frequencies)


def _with_levels(config: MatchingConfig, saved: list[list[str]] | None) -> MatchingConfig:
    """Write out, by comparison, the levels that a model was trained with where its kind has others by now.

    A model's parameters are by level, so it keeps its levels whatever those of a kind become.
    """
    kept = []
    for number, scheme in enumerate(schemes(config)):
        former = FORMER_LEVELS.get(config.columns[scheme.column].kind, list(scheme.texts))
        levels = scheme.comparison.levels or (former if saved is None else saved[number])
        same = tuple(levels) == scheme.texts
        kept.append(scheme.comparison if same else scheme.comparison.model_copy(update={"levels": levels}))
    return config.model_copy(update={"comparisons": kept})
