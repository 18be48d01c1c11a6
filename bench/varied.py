"""How do a few thousand generated accounts become millions that are as varied as those of a real export?

Each copy of a row gets a name, street, phone, domain, numbers and times of its own, made from hashes of the row's id
and the copy's number, so the same rows come out every time. What a real export repeats (types, countries, towns,
industries, owners, currencies) is repeated here too; what is empty stays empty, and line breaks stay where they are.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

SYLLABLES = "ba be bor dan del dor fa fel gar hal ka kel lin lo mar mon na nor pal ra ros sa sol tan tor vel vin zen"
COPY = "copy"
# Keys of the row and of the row above it.
IDS = ("Id", "ParentId")
TIMES = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
ENDS_IN_DIGITS = {"Phone": 4, "Fax": 4, "AccountNumber": 8, "DunsNumber": 6, "Tax_ID__c": 5, "BillingPostalCode": 2}
# (scale, largest number before scaling, what follows)
AMOUNTS = {"AnnualRevenue": (1000, 100_000, ".0"), "NumberOfEmployees": (1, 5_000, "")}


def varied(rows: DataFrame) -> DataFrame:
    """Give the rows values of their own. Needs the columns of an Account export and `copy` bigint, which goes."""
    own: dict[str, Column] = {name: F.concat(name, F.lit("-"), COPY) for name in IDS}
    own["Name"] = F.concat_ws(" ", F.initcap(_word("Name")), F.col("Name"))
    for name in ("BillingStreet", "ShippingStreet"):
        own[name] = F.regexp_replace(
            F.concat(F.initcap(_word(name)), F.lit(" "), name), F.lit("[0-9]+"), _below(200, name)
        )
    for name in ("Website", "Email__c"):
        # The same word in both, before the last label but one.
        own[name] = F.regexp_replace(
            name, F.lit("([a-z0-9-]+[.](co[.])?[a-z]+/?)$"), F.concat(_word("web"), F.lit("$1"))
        )
    own |= {name: _with_last_digits(name, count) for name, count in ENDS_IN_DIGITS.items()}
    own |= {name: F.overlay(name, F.date_format(_second_of_day(name), "HH:mm:ss"), 12) for name in TIMES}
    for name, (scale, most, end) in AMOUNTS.items():
        own[name] = F.when(F.col(name).isNotNull(), F.concat((_below(most, name) + 1) * scale, F.lit(end)))
    return rows.withColumns({name: F.when(F.col(name).isNotNull(), value) for name, value in own.items()}).drop(COPY)


def _below(most: int, salt: str) -> Column:
    return F.pmod(F.xxhash64("Id", COPY, F.lit(salt)), F.lit(most))


def _word(salt: str) -> Column:
    syllables = SYLLABLES.split()
    listed = F.array(*map(F.lit, syllables))
    return F.concat(*(F.element_at(listed, (_below(len(syllables), f"{salt} {n}") + 1).cast("int")) for n in range(3)))


def _second_of_day(salt: str) -> Column:
    return F.timestamp_seconds(_below(86_400, salt))


def _with_last_digits(name: str, count: int) -> Column:
    """Replace the last `count` digits where the value ends in so many."""
    digits = F.lpad(_below(10**count, name).cast("string"), count, "0")
    return F.regexp_replace(name, F.lit(f"[0-9]{{{count}}}$"), digits)
