"""The steps that join several packages: train, resolve, evaluate, and a whole run."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "next_commands": "next_steps",
        "run": "run_all",
        "train": "entity_records train_where_needed",
        "evaluate": "read_truth",
        "training_files": "chart_page",
    },
)
