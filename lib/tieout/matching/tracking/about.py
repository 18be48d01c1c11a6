"""What people read in MLflow of a model: what it is, how it was trained, on which tables, how right it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlflow.entities import Dataset, DatasetInput, InputTag

from tieout.matching.model import Model

# The figures of `tieout evaluate` that a run and its model version show.
ACCURACY = ("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1", "ece", "blocking_recall")
_MEASURED = "**Measured against known answers**"


@dataclass(frozen=True)
class Table:
    """A Delta table that a model was trained on: `silver.account`, its path or full name, version and columns."""

    name: str
    location: str
    version: int | None
    rows: int
    columns: Mapping[str, str]


def describe_experiment() -> str:
    """Return the description of the experiment, in Markdown."""
    return (
        "Record linkage models of Tieout: which records of all systems are one customer, person or product. "
        "A run is one training of one entity, by `tieout train`. The model in use is the registered version with "
        "the alias `champion`; `tieout evaluate` adds its accuracy to the run that trained it."
    )


def describe_model(entity: str) -> str:
    """Return the description of an entity's registered model, in Markdown."""
    return (
        f"Says how probable it is that two {entity} records are one {entity}: a Fellegi-Sunter model, learned by "
        "expectation-maximisation without labels, and from the answers of stewards where there are any. Takes a "
        "DataFrame of pairs (`<column>_l`, `<column>_r`), returns `match_weight` (bits), `match_probability` and the "
        "weight and level of each comparison. `tieout resolve` uses the version with the alias `champion`."
    )


def describe_version(model: Model, tables: Sequence[Table], labels: int = 0) -> str:
    """Return the description of a model version and of the run that trained it, in Markdown."""
    config, found = model.config, model.parameters
    lines = [
        f"Trained on {model.frequencies.records:,} {config.entity} records"
        + (f" of {', '.join(map(_words, tables))}" if tables else "")
        + (f" and {labels:,} answers of stewards" if labels else ", without labels")
        + ".",
        f"Compares {', '.join(scheme.name for scheme in model.schemes)} of pairs that share a key of "
        f"{len(config.blocking_rules)} blocking rules; expects {found.matches:,.0f} matches among them.",
        f"Accepts a pair from {config.thresholds.accept:g} on, asks a person from {config.thresholds.review:g} on.",
    ]
    return "\n\n".join(lines)


def _words(table: Table) -> str:
    return f"`{table.name}`" + (f" version {table.version}" if table.version is not None else "")


def with_accuracy(description: str | None, figures: Mapping[str, float], day: str) -> str:
    """Return a description that begins with the newest accuracy, in place of an older one."""
    told = (
        f"precision {figures['precision']:.4f}, recall {figures['recall']:.4f}, F1 {figures['f1']:.4f} by pairs; "
        f"B-cubed F1 {figures['b3_f1']:.4f}; calibration error {figures['ece']:.4f}"
    )
    about = description or ""
    if about.startswith(_MEASURED):
        about = about.partition("\n\n")[2]
    return f"{_MEASURED} on {day}: {told}.\n\n{about}"


def table_inputs(tables: Sequence[Table], context: str) -> list[DatasetInput]:
    """Return tables as MLflow's data sets of a run, for `training` or `evaluation`."""
    tags = [InputTag("mlflow.data.context", context)]
    return [DatasetInput(_data_set(table), tags) for table in tables]


def _data_set(table: Table) -> Dataset:
    # As mlflow.data.load_delta writes it, which would read the table once more.
    known = "path" if "/" in table.location else "delta_table_name"
    columns = [{"type": kind, "name": name, "required": False} for name, kind in table.columns.items()]
    return Dataset(
        name=table.name,
        digest=f"version {table.version}",
        source_type="delta_table",
        source=json.dumps({known: table.location, "delta_table_version": table.version}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps({"num_rows": table.rows}),
    )
