"""Tie-out of each chain by quarter, with the reason where it does not tie."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tieout.config.models.definitions import Reason, TieOutRules
from tieout.config.sql_errors import explain
from tieout.errors import ConfigError, Problem
from tieout.gold.documents.facts import QUARTER
from tieout.gold.documents.fiscal import quarter_name
from tieout.gold.documents.money import MONEY
from tieout.gold.records import TIEOUT_ID
from tieout.gold.tie_out.documents import CHAIN, DOCUMENT_STAGES, STAGES
from tieout.gold.tie_out.links import LINK

OPEN_END = "unexplained"
LINE_COLUMNS = (
    CHAIN, TIEOUT_ID, "period", *STAGES, "ordered_gap", "invoiced_gap", "paid_gap", "difference",
    "status", "reason_code", LINK, "documents", "unconverted", "currency",
)  # fmt: skip


def tie_out_lines(
    documents: DataFrame,
    customer: DataFrame,
    rules: TieOutRules,
    kinds: Mapping[str, str],
    currency: str,
    tolerance: float,
) -> DataFrame:
    """Return one row per chain, customer and fiscal quarter.

    Needs `chain_documents` and the golden customers' `tieout_id, systems`. `tolerance` is absolute,
    in the reporting currency; `rules.tolerance_percent` of the larger amount is allowed too.

    Returns `chain_id, tieout_id, period, crm_amount, ordered, invoiced, credited, paid, not_due`,
    the gaps (`ordered_gap` = crm_amount - ordered, `invoiced_gap` = ordered - invoiced, `paid_gap` =
    invoiced - paid - not_due), `difference` (their sum), `status` (tied, differing), `reason_code`
    (null when tied), `link`, `documents` (array), `unconverted` (int: documents without a rate)
    and `currency`. Raises ConfigError for a reason whose `when` is not SQL over the columns of a line.
    """
    lines = lines_with_gaps(documents, customer, rules, kinds, tolerance)
    reasons = _reason(lines, rules.reasons)
    tied = F.col("line_ties") & (F.col("unconverted") == 0)
    return lines.select(
        "*",
        F.when(tied, F.lit("tied")).otherwise("differing").alias("status"),
        F.when(~tied, reasons).alias("reason_code"),
        quarter_name(F.col(QUARTER)).alias("period"),
        F.lit(currency).alias("currency"),
    ).select(*LINE_COLUMNS)


def lines_with_gaps(
    documents: DataFrame, customer: DataFrame, rules: TieOutRules, kinds: Mapping[str, str], tolerance: float
) -> DataFrame:
    """Return the lines with all columns that a reason's `when` may read; see `tie_out_lines`."""
    lines = _with_presence(_summed(documents), customer, kinds)
    return _with_judgement(_with_chain(lines), rules, tolerance)


def _summed(documents: DataFrame) -> DataFrame:
    """Add up documents by chain, customer and quarter, with the gaps between stages."""
    zero = F.lit(0).cast(MONEY)
    sums = [F.coalesce(F.sum(s).cast(MONEY), zero).alias(s) for s in (*STAGES, *DOCUMENT_STAGES)]
    lines = documents.groupBy(CHAIN, TIEOUT_ID, QUARTER).agg(
        *sums,
        F.max(LINK).alias(LINK),
        F.array_sort(F.collect_set("document")).alias("documents"),
        F.sum(F.col("unconverted").cast("int")).cast("int").alias("unconverted"),
        F.min("currency").alias("first_currency"),
        F.max("currency").alias("last_currency"),
    )
    gaps = {
        "ordered_gap": F.col("crm_amount") - F.col("ordered"),
        "invoiced_gap": F.col("ordered") - F.col("invoiced"),
        "paid_gap": F.col("invoiced") - F.col("paid") - F.col("not_due"),
        "difference": F.col("crm_amount") - F.col("paid") - F.col("not_due"),
    }
    return lines.withColumns({name: column.cast(MONEY) for name, column in gaps.items()})


def _with_presence(lines: DataFrame, customer: DataFrame, kinds: Mapping[str, str]) -> DataFrame:
    """Add `known_customer, in_crm, in_erp`: is there a golden customer, with records in such a system."""
    flags = {kind: F.array(*[F.lit(s) for s, k in kinds.items() if k == kind]) for kind in ("crm", "erp")}
    known = customer.select(
        TIEOUT_ID,
        F.lit(True).alias("known_customer"),
        *[
            F.arrays_overlap("systems", systems.cast("array<string>")).alias(f"in_{kind}")
            for kind, systems in flags.items()
        ],
    )
    joined = lines.join(known, TIEOUT_ID, "left")
    names = ("known_customer", "in_crm", "in_erp")
    return joined.withColumns({name: F.coalesce(name, F.lit(False)) for name in names})


def _with_chain(lines: DataFrame) -> DataFrame:
    """Add what the whole chain says: `chain_<stage>` totals, how many quarters, customers, currencies."""
    chain = Window.partitionBy(CHAIN)
    totals = {f"chain_{stage}": F.sum(stage).over(chain).cast(MONEY) for stage in (*STAGES, *DOCUMENT_STAGES)}
    known = F.coalesce(TIEOUT_ID, F.lit(""))
    return lines.withColumns(
        totals
        | {
            "quarters_apart": F.max(QUARTER).over(chain) - F.min(QUARTER).over(chain),
            "one_customer": F.min(known).over(chain) == F.max(known).over(chain),
            "one_currency": F.min("first_currency").over(chain) == F.max("last_currency").over(chain),
        }
    )


def ties(one: Column, other: Column, rules: TieOutRules, tolerance: float) -> Column:
    """Tell whether two amounts tie: they differ by `tolerance` at most, or by `tolerance_percent` of the larger."""
    larger = F.greatest(F.abs(one), F.abs(other)).cast("double")
    allowed = F.greatest(F.lit(tolerance), larger * rules.tolerance_percent / 100)
    return F.abs(one - other).cast("double") <= allowed


def _with_judgement(lines: DataFrame, rules: TieOutRules, tolerance: float) -> DataFrame:
    """Add what ties.

    A stage ties where it does on the line itself, or over the quarters and customers of its chain,
    in the reporting or, where the chain has one, in the document's currency. `moved`: all stages do.
    """

    def stages(prefix: str) -> list[Column]:
        crm, ordered, invoiced, credited, paid, not_due = (F.col(f"{prefix}{name}") for name in STAGES)
        pairs = ((crm, ordered), (ordered, invoiced), (invoiced - not_due, paid))
        return [ties(one, other, rules, tolerance) for one, other in (*pairs, (ordered, invoiced - credited))]

    line, chain, document = stages(""), stages("chain_"), stages("chain_document_")
    names = ("crm_ties_ordered", "ordered_ties_invoiced", "invoiced_ties_paid", "ordered_ties_billed")
    either = {
        name: here | whole | (F.col("one_currency") & own)
        for name, here, whole, own in zip(names, line, chain, document, strict=True)
    }
    return lines.withColumns(
        either
        | {
            "line_ties": line[0] & line[1] & line[2],
            "moved": either[names[0]] & either[names[1]] & either[names[2]],
            "timing_quarters": F.lit(rules.timing_quarters),
            "fx_percent": F.lit(rules.fx_percent),
        }
    )


def _reason(lines: DataFrame, reasons: list[Reason]) -> Column:
    """Return the code of the first reason whose condition holds, else `unexplained`."""
    check_reasons(lines, reasons)
    code = F.lit(OPEN_END)
    for reason in reversed(reasons):
        code = F.when(F.expr(reason.when), reason.code).otherwise(code)
    return code


def check_reasons(lines: DataFrame, reasons: list[Reason]) -> None:
    """Raise ConfigError for every reason whose `when` is no condition over the columns of a line."""
    problems = []
    for reason in reasons:
        try:
            _ = lines.where(reason.when).schema
        except PySparkException as error:
            found = explain(error, reason.when, "a line of the tie-out", lines.columns)
            where = f"conf/definitions: tie_out.reasons.{reason.code}.when"
            problems.append(Problem(found.message, key=where, item=reason, keys=("when",), sql_line=found.line))
    if problems:
        raise ConfigError(*problems)
