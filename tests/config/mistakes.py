"""Mistakes that people make in a config, and what the check says of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """A change of the shipped config, and what the check says about it."""

    file: str
    right: str
    wrong: str
    key: str
    says: str


TEN = {
    "a misspelt expectation": Mistake(
        "quality/contact.yml",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_not_be_nul",
        "expectations.N.type",
        "no 'expect_column_values_to_not_be_nul'. Did you mean 'expect_column_values_to_not_be_null'?",
    ),
    "a rule on a column that is not there": Mistake(
        "quality/account.yml",
        "kwargs: {column: credit_limit,",
        "kwargs: {column: credit_limt,",
        "expectations.N.kwargs.column",
        "account has no column 'credit_limt'. Did you mean 'credit_limit'?",
    ),
    "a wrong table of a data product": Mistake(
        "products.yml",
        "gold.customer_360,",
        "gold.customer_306,",
        "products.customer_360.tables.N",
        "no table 'gold.customer_306'. Did you mean 'gold.customer_360'?",
    ),
    "wrong SQL of a question": Mistake(
        "definitions/questions.yml",
        "WHERE credit_block AND open_pipeline > 0",
        "WHERE credit_blck AND open_pipeline > 0",
        "questions.N.sql",
        "no column 'credit_blck'. Did you mean 'credit_block'?",
    ),
    "wrong SQL of a metric": Mistake(
        "definitions/metrics.yml",
        "FROM opportunity\n      WHERE status = 'open'",
        "FROM oportunity\n      WHERE status = 'open'",
        "definitions.N.sql",
        "no table 'oportunity'. Did you mean 'opportunity'?",
    ),
    "wrong SQL of a reason": Mistake(
        "definitions/tie_out.yml",
        'when: "chain_paid = 0"',
        'when: "chain_payed = 0"',
        "tie_out.reasons.N.when",
        "a line of the tie-out has no column 'chain_payed'. Did you mean 'chain_paid'?",
    ),
    "an unknown survivorship field": Mistake(
        "survivorship/account.yml",
        "  phone: {",
        "  phonne: {",
        "fields.phonne",
        "the golden record has no field 'phonne'. Did you mean 'phone'?",
    ),
    "a currency that is none": Mistake(
        "tieout.yml",
        "reporting_currency: USD",
        "reporting_currency: UDS",
        "reporting_currency",
        "'UDS' is no currency of lookups/currencies.csv. Did you mean 'USD'?",
    ),
    "an exchange rate that is no number": Mistake(
        "lookups/exchange_rates.csv",
        "ARS,2019-01-01,0.000831",
        "ARS,2019-01-01,abc",
        "rate",
        "want a number above 0, with a point for decimals; found 'abc'",
    ),
    "a source without a required field": Mistake(
        "sources/salesforce.yml",
        "          name: Name\n          legal_form: Name\n",
        "          legal_form: Name\n",
        "objects.Account.to.account.fields",
        "the required field 'name' of account is not mapped",
    ),
}

MORE = {
    "SQL that is none": Mistake(
        "definitions/metrics.yml",
        "SELECT tieout_id, count(*) AS value\n      FROM invoice",
        "SELECT tieout_id, count(* AS value\n      FROM invoice",
        "definitions.N.sql",
        "not valid Spark SQL: Syntax error at or near 'AS'",
    ),
    "a function that there is not": Mistake(
        "sources/salesforce.yml",
        "coalesce(Website, Email__c)",
        "coalesc(Website, Email__c)",
        "objects.Account.to.account.fields.domain.expr",
        "Spark SQL has no function 'coalesc'. Did you mean 'coalesce'?",
    ),
    "a condition that is none": Mistake(
        "sources/salesforce.yml",
        "deleted_when: \"IsDeleted = 'true'\"",
        "deleted_when: IsDeleted",
        "objects.Account.deleted_when",
        "want a condition, which is true or false; this gives string",
    ),
    "a field that the entity does not have": Mistake(
        "sources/salesforce.yml",
        "          postcode: BillingPostalCode",
        "          post_code: BillingPostalCode",
        "objects.Account.to.account.fields.post_code",
        "entity account has no field 'post_code'. Did you mean 'postcode'?",
    ),
    "a code list that is not there": Mistake(
        "sources/acumatica.yml",
        "table: account_statuses",
        "table: account_status",
        "objects.Customer.to.account.fields.status.lookup",
        "no code list 'account_status'. Did you mean 'account_statuses'?",
    ),
    "a code that the entity does not know": Mistake(
        "lookups/account_types.csv",
        "customer,customer\n",
        "customer,custmer\n",
        "objects.Account.to.account.fields.account_type.lookup",
        "gives 'custmer', which the field cannot hold. Did you mean 'customer'?",
    ),
    "an argument that a question does not declare": Mistake(
        "definitions/questions.yml",
        "open_pipeline >= :min_pipeline",
        "open_pipeline >= :min_pipelin",
        "questions.N.sql",
        "no argument named 'min_pipelin'",
    ),
    "a column that the answer lacks": Mistake(
        "definitions/questions.yml",
        "      last_won: day of the last one",
        "      last_wun: day of the last one",
        "questions.N.columns.last_wun",
        "no column last_wun",
    ),
    "a regular expression that is none": Mistake(
        "quality/account.yml",
        'regex: "^[+][1-9][0-9]{5,14}$"',
        'regex: "^([+][1-9][0-9]{5,14}$"',
        "expectations.N.kwargs.regex",
        "",
    ),
    "an argument that the expectation does not have": Mistake(
        "quality/account.yml",
        "min_value: 0",
        "minimum: 0",
        "expectations.N.kwargs.minimum",
        "has no argument 'minimum'",
    ),
    "a condition on a golden record": Mistake(
        "survivorship/account.yml",
        "name = upper(name)",
        "nmae = upper(name)",
        "fields.name.cases.N.when",
        "the record has no column 'nmae'. Did you mean 'name'?",
    ),
    "an owner that is no system": Mistake(
        "survivorship/account.yml",
        "  phone: {owner: [crm, erp]",
        "  phone: {owner: [crn, erp]",
        "fields.phone.owner.N",
        "no system or kind 'crn'. Did you mean 'crm'?",
    ),
    "a column of matching that is no field": Mistake(
        "matching/account.yml",
        "  duns: identifier",
        "  duns: {kind: identifier, from: [dnus]}",
        "columns.duns",
        "no field of account 'dnus'. Did you mean 'duns'?",
    ),
    "a reference to no entity": Mistake(
        "entities/price.yml",
        "references: product,",
        "references: produkt,",
        "fields.product_source_id.references",
        "no entity 'produkt'. Did you mean 'product'?",
    ),
    "a time zone that is none": Mistake(
        "tieout.yml",
        "time_zone: UTC",
        "time_zone: Europe/Berln",
        "time_zone",
        "no time zone 'Europe/Berln'. Did you mean 'Europe/Berlin'?",
    ),
    "a key that no file has": Mistake(
        "tieout.yml",
        "tie_out_tolerance: 1.0",
        "tie_out_tolerence: 1.0",
        "tie_out_tolerence",
        "Did you mean 'tie_out_tolerance'?",
    ),
    "a definition that is given twice": Mistake(
        "definitions/metrics.yml",
        "    team: marketing\n    label: Active customer (marketing)",
        "    team: sales\n    label: Active customer (marketing)",
        "definitions.N.name",
        "definition active_customer of team sales is given twice",
    ),
    "a rate of a currency that is none": Mistake(
        "lookups/exchange_rates.csv",
        "ARS,2019-01-01,0.000831",
        "ARX,2019-01-01,0.000831",
        "currency",
        "'ARX' is no code of lookups/currencies.csv.",
    ),
    "a date that is none": Mistake(
        "lookups/exchange_rates.csv",
        "ARS,2019-01-01,0.000831",
        "ARS,01.01.2019,0.000831",
        "valid_from",
        "want a date such as 2026-03-31; found '01.01.2019'",
    ),
    "a word that means nothing here": Mistake(
        "definitions/terms.yml",
        "means: account.credit_block",
        "means: account.credit_blok",
        "synonyms.N.means",
        "no entity, field or definition 'account.credit_blok'. Did you mean 'account.credit_block'?",
    ),
}
