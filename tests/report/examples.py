"""Facts as a run would gather them, small and made by hand; names are hostile on purpose."""

from __future__ import annotations

import pandas as pd

from tieout.report.facts import (
    ChangeFacts,
    ConflictFacts,
    CustomerFacts,
    Facts,
    MatchFacts,
    MetricFacts,
    QuarantineFacts,
    RiskFacts,
    RowFacts,
    RunFacts,
    TeamFacts,
    TieOutFacts,
    WorkFacts,
)

HOSTILE = "<script>alert('pwned')</script> & Söhne \"GmbH\""
HOSTILE_LINK = '<a href="javascript:alert(1)">Acme</a></script><img src=x onerror=alert(2)>'


def frame(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split())


ROWS = RowFacts(
    frame(
        "system object entity bronze current superseded soft_deleted not_applicable quarantined",
        ("crm_one", "Account", "account", 5210, 5090, 96, 12, 0, 12),
        ("crm_one", "Contact", "contact", 9876, 9712, 120, 20, 0, 24),
        ("crm_one", "Opportunity", "opportunity", 8010, 7920, 80, 0, 0, 10),
        ("erp_one", "CUSTOMER", "account", 4480, 4401, 61, 9, 0, 9),
        ("erp_one", "INVOICE", "invoice", 15520, 15440, 0, 0, 60, 20),
    ),
    frame(
        "at system object change said",
        ("2026-10-01", "crm_one", "Account", "renamed", "Phone2 seems to be what was Phone (0.97)"),
        ("2026-10-01", "erp_one", "INVOICE", "new", "TAX_CODE"),
    ),
)
QUARANTINE = QuarantineFacts(
    frame(
        "entity rule severity reason rows",
        ("account", "name is empty", "critical", "a customer without a name cannot be matched", 21),
        ("contact", "account must exist", "warning", "the account that it points to does not exist", 24),
        ("invoice", "invoice_date is a date", "warning", "the date 20260231 does not exist", 20),
        ("opportunity", "amount is negative", "info", "won deals have a positive value", 10),
    ),
    frame(
        "entity rule source source_id reason raw",
        (
            "account",
            "name is empty",
            "crm_one Account",
            "001A",
            "name is empty",
            '{"Id": "001A", "Name": ""}',
        ),
        (
            "account",
            "name is empty",
            "erp_one CUSTOMER",
            "0000001234",
            HOSTILE,
            f'{{"NAME1": "{HOSTILE_LINK}"}}',
        ),
    ),
)
CUSTOMERS = CustomerFacts(
    frame(
        "systems customers",
        (("crm_one", "erp_one"), 2610),
        (("crm_one",), 1490),
        (("erp_one",), 903),
    ),
    frame("records customers", (1, 2200), (2, 2050), (3, 500), (4, 180), (5, 73)),
    frame(
        "tieout_id name records systems",
        ("c-1", HOSTILE, 11, "crm_one, erp_one"),
        ("c-2", "Müller AG", 9, "erp_one"),
    ),
    8885,
)
LEVELS = frame(
    "comparison level m u",
    ("name", "exact", 0.61, 0.00002),
    ("name", "tokens >= 0.8", 0.29, 0.0009),
    ("name", "else", 0.08, 0.99),
    ("tax_id", "exact", 0.93, 0.00001),
    ("tax_id", "edit >= 0.9", 0.04, 0.0001),
    ("tax_id", "else", 0.03, 0.999),
    ("postcode", "exact", 0.84, 0.004),
    ("postcode", "area", 0.06, 0.03),
    ("postcode", "else", 0.1, 0.966),
    ("phone", "exact", 0.71, 0.0006),
    ("phone", "area", 0.1, 0.05),
    ("phone", "else", 0.19, 0.95),
)
ACCOUNTS = MatchFacts(
    entity="account",
    confidence=frame(
        "low status records",
        (0.95, "auto", 5900),
        (0.9, "auto", 420),
        (0.85, "auto", 160),
        (0.8, "auto", 90),
        (0.7, "review", 60),
        (0.6, "review", 44),
        (0.95, "confirmed", 12),
        (1.0, "singleton", 2700),
    ),
    weights=frame(
        "weight status pairs",
        *[(w, "rejected", 9000 - 500 * abs(w + 8)) for w in range(-20, -3)],
        *[(w, "review", 60 + 10 * w) for w in range(-3, 1)],
        *[(w, "accepted", 100 + 40 * w if w < 12 else 900 - 20 * w) for w in range(1, 30)],
        (6, "cut", 30),
        (7, "cut", 22),
    ),
    rules=frame(
        "rule pairs accepted",
        ("tax_id", 2510, 2480),
        ("name.rarest + postcode.area", 30110, 1900),
        ("phone", 8000, 700),
        ("domain", 6100, 410),
    ),
    cuts=frame("reason pairs", ("different tax ids in one country", 41), ("weak bridge", 11)),
    levels=LEVELS,
    sizes=frame("records clusters", (1, 2200), (2, 2050), (3, 500), (4, 253)),
    thresholds={"accept": 0.5, "review": 0.1},
    quality={"precision": 0.9921, "recall": 0.9533, "f1": 0.972, "b3_f1": 0.981, "ece": 0.012},
    calibration=frame(
        "predicted observed cases",
        (0.05, 0.03, 20000),
        (0.3, 0.33, 300),
        (0.7, 0.66, 400),
        (0.97, 0.99, 6000),
    ),
    curve=frame(
        "threshold precision recall f1",
        (0.1, 0.95, 0.97, 0.96),
        (0.3, 0.98, 0.96, 0.97),
        (0.5, 0.99, 0.953, 0.972),
        (0.9, 0.998, 0.91, 0.952),
    ),
    review=frame("left right probability reason", (HOSTILE, "Acme Inc (erp_one 1234)", 0.41, "near the threshold")),
    open_reviews=102,
)
CONTACTS = MatchFacts(
    entity="contact",
    confidence=frame("low status records", (0.95, "auto", 7000), (0.8, "auto", 350), (1.0, "singleton", 4000)),
)
TEAMS = TeamFacts(
    "active_customer",
    frame(
        "team wording owner customers",
        ("sales", "has an open opportunity", "VP Sales", 1612),
        ("finance", "was ever invoiced", "CFO", 2888),
        ("marketing", "is in the marketable base", "CMO", 3010),
    ),
    frame(
        "teams customers value",
        (("sales", "finance", "marketing"), 702, 40e6),
        (("finance", "marketing"), 980, 30e6),
        (("marketing",), 1010, 0.0),
        (("finance",), 903, 12e6),
        (("sales", "marketing"), 318, 9e6),
        (("sales",), 289, 1e6),
        (("sales", "finance"), 303, 8e6),
    ),
    frame(
        "teams tieout_id name open_pipeline invoiced contract_value",
        (("sales",), "c-9", HOSTILE_LINK, 910000.0, 0.0, 0.0),
        (("finance",), "c-10", "Nordwind AB", 0.0, 2200000.0, 1900000.0),
    ),
)
PERIODS = ["2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]
TIE_OUT = TieOutFacts(
    pd.DataFrame(
        {
            "period": PERIODS,
            "crm": [41e6, 38e6, 44e6, 47e6, 52e6, 45e6, 49e6, 55e6],
            "ordered": [40e6, 37e6, 42e6, 46e6, 50e6, 44e6, 46e6, 51e6],
            "invoiced": [38e6, 37e6, 41e6, 44e6, 49e6, 43e6, 45e6, 46e6],
            "paid": [37e6, 36e6, 40e6, 42e6, 46e6, 40e6, 39e6, 30e6],
            "not_due": [0, 0, 0, 0, 0, 1e6, 2e6, 9e6],
            "difference": [3e6, 1e6, 3e6, 3e6, 3e6, 2e6, 4e6, 9e6],
            "tied": [610, 590, 640, 660, 700, 640, 655, 600],
            "differing": [80, 66, 90, 81, 99, 88, 92, 160],
        }
    ),
    frame(
        "reason label wording owner cases customers amount since difference to_invoice to_cash",
        (
            "won_not_ordered",
            "Won, not ordered",
            "the deal was won, no order exists",
            "Sales operations",
            160,
            140,
            15.5e6,
            "2024Q4",
            15.5e6,
            15.5e6,
            0.0,
        ),
        (
            "ordered_not_invoiced",
            "Ordered, not invoiced",
            "ordered, not invoiced yet",
            "Billing",
            210,
            180,
            11.2e6,
            "2025Q1",
            11.2e6,
            11.2e6,
            0.0,
        ),
        (
            "credit_note",
            "Credited later",
            "part of the invoice was credited",
            "Billing",
            120,
            100,
            4.1e6,
            "2025Q1",
            4.1e6,
            4.1e6,
            0.0,
        ),
        (
            "fx_difference",
            "Exchange rates",
            "the same money at two exchange rates",
            "Treasury",
            90,
            60,
            0.4e6,
            "2025Q1",
            0.4e6,
            0.4e6,
            0.0,
        ),
        (
            "not_in_crm",
            "Customer not in CRM",
            "invoiced without a deal",
            "Sales operations",
            100,
            80,
            3.2e6,
            "2025Q1",
            -3.2e6,
            -3.2e6,
            0.0,
        ),
        ("unpaid", "Due, not paid", "due and not paid", "Receivables", 80, 70, 21.0e6, "2025Q1", 21.0e6, 0.0, 21.0e6),
        ("unexplained", "Unexplained", "no rule", "Nobody yet", 3, 3, 0.1e6, "2025Q1", 0.1e6, 0.1e6, 0.0),
    ),  # fmt: skip
    pd.DataFrame(
        [
            (p, r, r.replace("_", " "), d * (0.5 + i / 8))
            for i, p in enumerate(PERIODS)
            for r, d in (
                ("won_not_ordered", 1.9e6),
                ("ordered_not_invoiced", 1.4e6),
                ("timing", (-1) ** i * 1e6),
            )
        ],
        columns=["period", "reason", "label", "difference"],
    ),
)
WORK = WorkFacts(
    TIE_OUT.reasons,
    frame(
        "reason label owner tieout_id name period amount crm ordered invoiced paid documents",
        *[
            ("won_not_ordered", "Won, not ordered", "Sales operations", f"c-{n}", HOSTILE, "2026Q3",
             1.9e6 / n, 1.9e6 / n, 0.0, 0.0, 0.0, f"deal crm_one:{n}")
            for n in range(1, 11)
        ],
        ("unpaid", "Due, not paid", "Receivables", "c-4", "=Delta Foods & Söhne", "2025Q4",
         1.2e6, 1.2e6, 1.2e6, 1.2e6, 0.0, "invoice erp_one:7"),
    ),
)  # fmt: skip
RISK = RiskFacts(
    {"revenue_at_risk": 18.2e6, "overdue": 9.4e6, "open_receivables": 31e6, "over_limit": 2.2e6},
    frame(
        "tieout_id name value why overdue",
        ("c-3", HOSTILE, 1.9e6, ("credit block", "overdue by more than 30 days"), 4e5),
        ("c-5", "Acme", 1.1e6, ("overdue by more than 30 days",), 2e5),
        ("c-6", "Acme", 0.9e6, None, 0.0),
    ),
    131,
    frame("sign customers value", ("credit block", 40, 6e6), ("overdue by more than 30 days", 100, 14e6)),
    frame("age customers items amount", ("Not due yet", 300, 500, 21.6e6), ("1 to 30 days", 90, 110, 9.4e6)),
)
CHANGES = ChangeFacts(
    "2026-09-29 02:10:00",
    {"won": 370e6, "invoiced": 343e6, "differing": 57e6, "cases": 801, "customers": 5003, "precision": 0.99},
    frame(
        "kind reason label owner cases amount",
        ("Cleared", "unpaid", "Due, not paid", "Receivables", 41, 2.5e6),
        ("New", "won_not_ordered", "Won, not ordered", "Sales operations", 3, 0.5e6),
    ),
    frame("entity event identities", ("account", "merged", 4)),
)
REASONS = {
    "deals": 1000, "right": 990, "planted": 107, "planted_right": 103,
    "by_story": [
        {"story": "ties", "deals": 893, "right": 887, "called": {"tied": 887, "other_customer": 6}},
        {"story": "won_not_ordered", "deals": 107, "right": 103, "called": {"won_not_ordered": 103, "tied": 4}},
    ],
    "by_reason": [{"reason": "won_not_ordered", "deals": 103, "right": 103, "called": {"won_not_ordered": 103}}],
}  # fmt: skip
METRICS = MetricFacts(
    frame(
        "metric label team version value unit members wording owner",
        (
            "active_customer",
            "Active customer",
            "sales",
            1,
            1612,
            "customers",
            1612,
            "has an open opportunity",
            "VP Sales",
        ),
        (
            "active_customer",
            "Active customer",
            "finance",
            1,
            2888,
            "customers",
            2888,
            "was ever invoiced",
            "CFO",
        ),
        (
            "revenue_at_risk",
            "Revenue at risk",
            "finance",
            2,
            18.2e6,
            "money",
            131,
            "open orders of customers on hold",
            "CFO",
        ),
        ("gross_margin", "Gross margin", "finance", 1, 41.3, "percent", 2700, "margin over net sales", "CFO"),
    ),
)
CONFLICTS = ConflictFacts(
    frame("entity field owner records", ("customer", "phone", "crm", 800), ("customer", "street", "erp", 512)),
    frame("name field owner values", (HOSTILE, "phone", "crm", {"crm_one": "+49 1", "erp_one": "</script>"})),
    frame(
        "system entity field changes",
        ("erp_one", "account", "phone", 800),
        ("crm_one", "account", "street", 512),
    ),
)
RUN = RunFacts(
    run_id="20260930T101500-abcd1234",
    verb="run",
    user="ada",
    version="0.1.0",
    started_at="2026-09-30 10:15 UTC",
    as_of="2026-09-30",
    currency="USD",
    systems={"crm_one": "crm", "erp_one": "erp"},
    models=frame("entity name version alias", ("account", "tieout-account", "3", "champion")),
    tables=frame(
        "layer table version changed_at",
        ("silver", "account", 4, "2026-09-30 10:16"),
        ("gold", "customer", 2, "2026-09-30 10:18"),
    ),
    steps=frame(
        "step seconds",
        ("ingest", 22.1),
        ("conform", 41.0),
        ("train", 30.5),
        ("resolve", 44.0),
        ("publish", 38.7),
    ),
    gates=frame("entity passed failed state", ("account", 9, 1, "passed"), ("invoice", 6, 2, "passed")),
)
WHOLE = Facts(
    run=RUN,
    work=WORK,
    risk=RISK,
    changes=CHANGES,
    reasons=REASONS,
    rows=ROWS,
    quarantine=QUARANTINE,
    customers=CUSTOMERS,
    matches=[ACCOUNTS, CONTACTS],
    teams=TEAMS,
    tie_out=TIE_OUT,
    metrics=METRICS,
    conflicts=CONFLICTS,
)
