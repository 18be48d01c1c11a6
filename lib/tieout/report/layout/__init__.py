"""How a report looks: blocks, text, charts' theme, and the page."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "blocks": "Block Card Chart Page Section Table",
        "overlap": "overlap_chart",
        "page": "render",
    },
)
