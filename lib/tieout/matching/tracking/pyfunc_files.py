"""A matching model as the folder of an MLflow pyfunc model."""

from __future__ import annotations

import shutil
import tempfile
from importlib import resources
from pathlib import Path

import mlflow
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import ColSpec, Schema

from tieout import __version__
from tieout.matching.comparing.raw_pairs import example_pairs
from tieout.matching.model import Model
from tieout.matching.tracking.pyfunc import score_pairs
from tieout.matching.tracking.store import quiet

SCRIPT = "pyfunc_model.py"


def save_pyfunc(model: Model, folder: Path) -> None:
    """Write the model as an MLflow pyfunc folder, in place of one that is there."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as files, tempfile.TemporaryDirectory() as code, quiet():
        model.save(Path(files))
        # The package may be a zip file, as it is on a cluster; MLflow wants the path of a file.
        script = Path(code) / SCRIPT
        script.write_bytes(resources.files("tieout.matching.tracking").joinpath(SCRIPT).read_bytes())
        mlflow.pyfunc.save_model(
            folder,
            python_model=str(script),
            artifacts={"model": files},
            signature=_signature(model),
            input_example=example_pairs(model.config),
            pip_requirements=[f"tieout=={__version__}"],
        )


def _signature(model: Model) -> ModelSignature:
    example = example_pairs(model.config)
    scored = score_pairs(model, example)
    inputs = Schema([ColSpec("string", name, required=False) for name in example.columns])
    kinds = ["string" if name.startswith("level_") else "double" for name in scored.columns]
    return ModelSignature(inputs, Schema([ColSpec(*both) for both in zip(kinds, scored.columns, strict=True)]))
