"""Which accounts are linked by money, for those who resolve identities before there is any gold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame

from tieout.config import Config
from tieout.config.models.definitions import TieOutRules, merge
from tieout.gold.documents.facts import Books, facts
from tieout.gold.documents.money import Rate, rate_frame, read_rates
from tieout.gold.inputs import silver_tables
from tieout.gold.tie_out import customers_apart
from tieout.identity.fingerprint import content
from tieout.lakehouse.tables import Lakehouse

DOCUMENTS = ("opportunity", "sales_order", "invoice", "invoice_line")


@dataclass(frozen=True)
class MoneyLinks:
    """What documents of silver say about accounts; calling it reads them.

    Documents are linked and amounts tie by the rules of the tie-out.
    """

    lake: Lakehouse
    config: Config
    rules: TieOutRules
    rates: list[Rate]

    @classmethod
    def of(cls, lake: Lakehouse, config: Config) -> MoneyLinks | None:
        """Return the links, or None where there are no tie-out rules, or no deals or orders in silver.

        Raises ConfigError for wrong rates or definitions.
        """
        rules = merge(config.definitions.values()).tie_out
        if rules is None or not all(lake.exists("silver", name) for name in DOCUMENTS[:2]):
            return None
        return cls(lake, config, rules, read_rates(config.lookup_path(config.project.exchange_rates)))

    def __call__(self, crosswalk: DataFrame) -> DataFrame:
        """Return `customers_apart` of the customers of `crosswalk` (entity, source_system, source_id, tieout_id)."""
        project, silver = self.config.project, silver_tables(self.lake, self.config)
        rates = rate_frame(self.lake.spark, self.rates, project.reporting_currency)
        found = facts(silver, Books(crosswalk, rates, project.fiscal_year_start_month))
        return customers_apart(found, self.rules, project.tie_out_tolerance)

    def content(self) -> str:
        """Return a text that changes with the documents, the rules or the rates. Runs one Spark job."""
        known = [self.lake.read("silver", name) for name in DOCUMENTS if self.lake.exists("silver", name)]
        rows = reduce(DataFrame.unionByName, [frame.agg(*content(frame)) for frame in known]).collect()
        project = self.config.project
        settings = (self.rules.model_dump_json(), project.tie_out_tolerance, self.rates)
        return "\n".join([*sorted(str(row) for row in rows), *map(str, settings)])
