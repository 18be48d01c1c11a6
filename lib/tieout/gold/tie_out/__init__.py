"""The tie-out of CRM money with ERP money: documents, chains, lines and customers' quarters."""

from tieout.gold.tie_out.apart import customers_apart
from tieout.gold.tie_out.documents import chain_documents, order_links
from tieout.gold.tie_out.evaluation import deal_reasons, reason_figures
from tieout.gold.tie_out.lines import tie_out_lines
from tieout.gold.tie_out.rollup import tie_out

__all__ = [
    "chain_documents", "customers_apart", "deal_reasons", "order_links", "reason_figures", "tie_out", "tie_out_lines",
]  # fmt: skip
