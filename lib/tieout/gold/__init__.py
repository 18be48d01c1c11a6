"""Gold: golden records, customer 360, metrics and the tie-out, from silver and match."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "inputs": "Inputs read_inputs",
        "hierarchy": "customer_hierarchy",
        "metrics": "metric_members metric_values",
        "questions": "answer find_question parse_arguments",
        "views": "mentions",
    },
)
