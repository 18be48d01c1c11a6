"""The review queue, its sheets and its page: questions for stewards, and their answers read back."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "answers": "read_answered",
        "queue": "Answer worklist",
        "sheet": "question_sheet",
        "workflow": "decide export_queue import_decisions open_page",
    },
)
