"""Training of a model: sampled pairs, EM, labels, charts."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "charts": "level_table pattern_histogram",
        "em": "Parameters estimate",
        "labels": "labelled_pairs",
        "parameters_table": "parameter_rows",
    },
)
