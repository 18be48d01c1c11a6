"""Tieout: proves that a company's CRM and its ERP agree.

Records of two files or DataFrames that are the same, without a lakehouse:

>>> import tieout
>>> found = tieout.match("docs/examples/crm.csv", "docs/examples/erp.csv")
>>> sorted(set(found.clusters["source"]))
['crm', 'erp']
>>> sure = found.pairs[found.pairs["match_probability"] > 0.99]
>>> len(sure) > 100
True

A lakehouse, from exports to golden customers. Each step may be run again, and does nothing where nothing has changed:

>>> lakehouse = tieout.open_lakehouse("demo/lakehouse", create=True)
>>> bronze = tieout.ingest(lakehouse, "demo/exports")
>>> silver = tieout.conform(lakehouse)
>>> models = tieout.train(lakehouse)
>>> identities = tieout.resolve(lakehouse)
>>> gold = tieout.publish(lakehouse)
>>> gold["customers"] == lakehouse.lake.read("gold", "customer").count()
True
>>> answer = tieout.ask(lakehouse, "big_customers_with_old_tickets", limit=5, min_contract_value=1000)
>>> list(answer.columns)[:2]
['tieout_id', 'name']

`tieout.run` does all of it and writes the report, `tieout.evaluate` measures it against known answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tieout.api import (
        Matches,
        ask,
        conform,
        evaluate,
        ingest,
        match,
        open_lakehouse,
        publish,
        resolve,
        run,
        train,
    )

__version__ = "0.1.0"
__all__ = [
    "Matches",
    "__version__",
    "ask",
    "conform",
    "evaluate",
    "ingest",
    "match",
    "open_lakehouse",
    "publish",
    "resolve",
    "run",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load the functions when the first of them is used: Spark and pandas take a second to import."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tieout import api

    return getattr(api, name)
