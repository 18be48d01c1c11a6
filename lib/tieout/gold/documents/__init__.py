"""Documents with their customer, and amounts in the reporting currency."""

from tieout.platform.faces import face

__getattr__, __all__ = face(
    __name__,
    {
        "fiscal": "quarter_name",
        "money": "read_rates with_rate",
        "money_links": "MoneyLinks",
    },
)
