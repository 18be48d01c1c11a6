"""Whether two values of a field differ in more than form: case, accents, punctuation, abbreviations.

All of it is Spark SQL, evaluated only for records of customers with several records, and only where
their texts differ at all.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.conform.lookups import Lookups

# Letters with marks, and the letters that are left without: one `translate` for all of them.
MARKED = {
    letter: bare[0]
    for code in [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]
    for letter in [chr(code).lower()]
    for bare in [unicodedata.normalize("NFKD", letter)]
    if len(letter) == 1 and bare[0].isascii() and bare[0].isalpha() and bare != letter
} | {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"}
JOINED = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue"}
# Words for "and", which names have, shorten or leave out.
AND = ("and", "und", "et", "e", "y", "en", "och", "i", "u")
NOT_LETTER_OR_DIGIT = r"[^\p{L}\p{N}]+"
BETWEEN_WORDS = r"[^\p{L}\p{N}./]+"


@dataclass(frozen=True)
class Words:
    """What abbreviations and legal forms mean: `abbreviations.csv` by kind of field, `legal_forms.csv`."""

    abbreviations: dict[str, dict[str, list[str]]]
    legal_forms: dict[str, str]

    @staticmethod
    def read(lookups: Lookups) -> Words:
        """Read both lists, in the spelling that compared words have. Raises ConfigError where one is missing."""
        short: dict[str, dict[str, list[str]]] = {}
        for row in lookups.get("abbreviations").rows:
            longer = short.setdefault(row["what"], {}).setdefault(_plain_text(row["short"]), [])
            longer.append(_plain_text(row["long"]))
        forms = {
            " ".join(word for word in re.split(r"[^\w]+", _plain_text(row["written"])) if word and word not in AND):
            row["form"]
            for row in reversed(lookups.get("legal_forms").rows)
        }  # fmt: skip
        return Words(short, forms)


def _plain_text(text: str) -> str:
    text = text.lower()
    for letter, letters in JOINED.items():
        text = text.replace(letter, letters)
    return "".join(MARKED.get(letter, letter) for letter in text)


SIDES = ("value", "reference")
VARIANTS = ("plain", "german")


def with_forms(frame: DataFrame, words: Words) -> DataFrame:
    """Add what a value and the value that it is compared with have in common.

    Needs `value`, `reference` (text) and `compare` (exact, text, name, street, town, person). Adds
    `same_form` (boolean: one value in two forms; null where either is missing), `value_lacks_form` and
    `reference_lacks_form` (boolean: the same company name, without its legal form). A name with another
    legal form, or without one, is another value.
    """
    differ = F.col("value") != F.col("reference")
    worded = differ & F.col("compare").isin("name", "street", "town")
    spelled = {f"_{side}_{variant}": SPELLINGS[variant](F.col(side)) for side in SIDES for variant in VARIANTS}
    frame = frame.withColumns({name: F.when(differ, spelling) for name, spelling in spelled.items()})
    frame = frame.withColumns({f"{name}_words": F.when(worded, _compared_words(F.col(name))) for name in spelled})
    is_name = F.col("compare") == "name"
    forms = {f"_{side}_form": F.when(is_name, _written_form(F.col(f"_{side}_plain_words"), words)) for side in SIDES}
    frame = frame.withColumns(forms)
    cores = {f"_{side}_{variant}_words": _core(side, variant) for side in SIDES for variant in VARIANTS}
    frame = frame.withColumns(cores).withColumns({f"_{side}_form": _usual(f"_{side}_form", words) for side in SIDES})
    frame = frame.withColumn("_same_words", F.when(worded, _same_words(words)))
    same_form = F.coalesce("_same_words", F.lit(False)) & F.coalesce(
        F.col("_value_form") == F.col("_reference_form"), F.lit(True)
    )
    spaceless = [_spaceless(f"_value_{variant}") == _spaceless(f"_reference_{variant}") for variant in VARIANTS]
    same = F.when(F.col("value") == F.col("reference"), True).when(F.col("compare") == "exact", ~differ)
    same = same.when(differ, spaceless[0] | spaceless[1] | same_form)
    added = {
        "same_form": same,
        "value_lacks_form": _lacks("_value_form", "_reference_form"),
        "reference_lacks_form": _lacks("_reference_form", "_value_form"),
    }
    return frame.select(
        *[name for name in frame.columns if not name.startswith("_")],
        *[column.alias(name) for name, column in added.items()],
    )


def _plain(text: Column) -> Column:
    text = F.lower(text)
    for letter, letters in JOINED.items():
        text = F.replace(text, F.lit(letter), F.lit(letters))
    return F.translate(text, "".join(MARKED), "".join(MARKED.values()))


def _german(text: Column) -> Column:
    text = F.lower(text)
    for letter, letters in UMLAUTS.items():
        text = F.replace(text, F.lit(letter), F.lit(letters))
    return _plain(text)


# An umlaut may lose its dots or be written as two letters: either makes two texts the same.
SPELLINGS = {"plain": _plain, "german": _german}


def _spaceless(name: str) -> Column:
    bare = F.regexp_replace(name, NOT_LETTER_OR_DIGIT, "")
    return F.when(bare != "", bare).otherwise(F.col(name))


def _compared_words(text: Column) -> Column:
    """Return the words (array) with the dots and strokes that mark abbreviations.

    "And" in names, in any language, is left out; a house number in front of a street is put behind.
    """
    joined = F.regexp_replace(text, "['`\u00b4\u2019]", "")
    spaced = F.trim(F.regexp_replace(joined, BETWEEN_WORDS, " "))
    tokens = F.filter(F.split(spaced, " "), lambda word: _bare(word) != "")
    leads = F.get(tokens, F.lit(0)).rlike("^[0-9]+[a-z]?$") & (F.size(tokens) > 1)
    turned = F.concat(F.slice(tokens, F.lit(2), F.size(tokens)), F.slice(tokens, F.lit(1), F.lit(1)))
    return (
        F.when(F.col("compare") == "name", F.filter(tokens, lambda word: ~word.isin(*AND)))
        .when((F.col("compare") == "street") & leads, turned)
        .otherwise(tokens)
    )


def _bare(word: Column) -> Column:
    return F.translate(word, "./", "")


def _written_form(tokens: Column, words: Words) -> Column:
    """Return the legal form at the end of a name, as it is written; nothing where there is none."""
    known = "|".join(re.escape(form) for form in sorted(words.legal_forms, key=lambda form: (-len(form), form)))
    return F.regexp_extract(F.array_join(F.transform(tokens, _bare), " "), f" ({known})$", 1)


def _usual(name: str, words: Words) -> Column:
    forms = F.create_map(*[F.lit(part) for pair in words.legal_forms.items() for part in pair])
    return F.coalesce(forms[F.col(name)], F.col(name))


def _core(side: str, variant: str) -> Column:
    """Return the words of a name that are not its legal form; all words of other fields."""
    tokens, form = F.col(f"_{side}_{variant}_words"), F.col(f"_{side}_form")
    count = F.when(form == "", 0).otherwise(F.size(F.split(form, " ")))
    return F.when(form.isNull(), tokens).otherwise(F.slice(tokens, F.lit(1), F.size(tokens) - count))


def _lacks(name: str, other: str) -> Column:
    missing = (F.col(name) == "") & (F.col(other) != "") & F.col("_same_words")
    return F.coalesce(missing, F.lit(False))


def _same_words(words: Words) -> Column:
    found = F.lit(False)
    for what in ("name", "street", "town"):
        longer = words.abbreviations.get(what, {})
        same = [
            _pairwise(F.col(f"_value_{variant}_words"), F.col(f"_reference_{variant}_words"), longer)
            for variant in VARIANTS
        ]
        found = F.when(F.col("compare") == what, same[0] | same[1]).otherwise(found)
    return found


def _pairwise(some: Column, others: Column, longer: dict[str, list[str]]) -> Column:
    pairs = F.zip_with(some, others, lambda one, other: _same_word(one, other, longer))
    return (F.size(some) == F.size(others)) & F.forall(pairs, lambda same: same)


def _same_word(one: Column, other: Column, longer: dict[str, list[str]]) -> Column:
    return (_bare(one) == _bare(other)) | _shortens(one, other, longer) | _shortens(other, one, longer)


def _shortens(short: Column, word: Column, longer: dict[str, list[str]]) -> Column:
    """Tell whether a word is the other's abbreviation: marked by a dot (`Constr.`, `P.za`), listed, or `...str`."""
    letters, whole = _bare(short), _bare(word)
    marked = short.contains(".") & F.like(whole, F.translate(short, "./", "%"))
    joined = letters.endswith("str") & whole.isin(F.concat(letters, F.lit("asse")), F.concat(letters, F.lit("aat")))
    if not longer:
        return marked | joined
    entries = [part for key, values in longer.items() for part in (F.lit(key), F.array(*map(F.lit, values)))]
    listed = F.coalesce(F.array_contains(F.create_map(*entries)[letters], whole), F.lit(False))
    return marked | joined | listed
