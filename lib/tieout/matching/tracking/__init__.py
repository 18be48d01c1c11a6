"""MLflow as the place of models: its store, the files of runs, and what people read about them."""

from tieout.matching.tracking.about import Table, describe_experiment, describe_model, describe_version, table_inputs
from tieout.matching.tracking.pyfunc_files import save_pyfunc
from tieout.matching.tracking.store import MLFLOW, Store

__all__ = [
    "MLFLOW",
    "Store",
    "Table",
    "describe_experiment",
    "describe_model",
    "describe_version",
    "save_pyfunc",
    "table_inputs",
]
