"""Whether two values of a field differ in more than form: case, accents, punctuation, abbreviations.

All of it is Spark SQL, evaluated only for records of customers with several records, and only where
their texts differ at all.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.lookups import Lookups

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
# What names of streets end in, where it is joined to the name.
JOINED_ENDINGS = (("str", "strasse"), ("str", "straat"), ("bd", "boulevard"))
# Letters and digits from which on a name that the other begins with was cut off by its field.
CUT_LENGTH = 25
NOT_LETTER_OR_DIGIT = r"[^\p{L}\p{N}]+"
BETWEEN_WORDS = r"[^\p{L}\p{N}./]+"


@dataclass(frozen=True)
class Words:
    """What abbreviations and legal forms mean: `abbreviations.csv` by kind of field, `legal_forms.csv`."""

    abbreviations: dict[str, dict[str, list[str]]]
    legal_forms: dict[str, str]

    @staticmethod
    def read(lookups: Lookups) -> Words:
        """Read both lists, in the spelling that compared words have; one that is not there is empty."""
        short: dict[str, dict[str, list[str]]] = {}
        for row in _rows(lookups, "abbreviations"):
            longer = short.setdefault(row["what"], {}).setdefault(_plain_text(row["short"]), [])
            longer.append(_plain_text(row["long"]))
        forms = {
            " ".join(word for word in re.split(r"[^\w]+", _plain_text(row["written"])) if word and word not in AND):
            row["form"]
            for row in reversed(_rows(lookups, "legal_forms"))
        }  # fmt: skip
        return Words(short, forms)


def _rows(lookups: Lookups, name: str) -> list[dict[str, str]]:
    return lookups.get(name).rows if name in lookups.names else []


def _plain_text(text: str) -> str:
    text = text.lower()
    for letter, letters in JOINED.items():
        text = text.replace(letter, letters)
    return "".join(MARKED.get(letter, letter) for letter in text)


WORDED = ("name", "street", "town")
SIDES = ("value", "reference")
VARIANTS = ("plain", "german")


def with_differences(frame: DataFrame, words: Words) -> DataFrame:
    """Add what a value and the value that it is compared with have in common.

    Needs `value`, `reference` (text) and `compare` (exact, text, name, street, town, person). Adds
    `same_form` (boolean: one value in two forms; null where either is missing), and `value_is_part` and
    `reference_is_part` (boolean: it says less, and nothing else): a name without its legal form or cut off
    by its field, a street without its number. A name with another legal form is another value.
    """
    kept = frame.columns
    differ = F.col("value") != F.col("reference")
    worded = differ & F.col("compare").isin(*WORDED)
    spelled = {f"_{side}_{variant}": SPELLINGS[variant](F.col(side)) for side in SIDES for variant in VARIANTS}
    frame = frame.withColumns({name: F.when(differ, spelling) for name, spelling in spelled.items()})
    frame = frame.withColumns({f"{name}_words": F.when(worded, _compared_words(F.col(name))) for name in spelled})
    frame = frame.withColumns(
        {
            "_longer": _literal(words.abbreviations, "map<string,map<string,array<string>>>")[F.col("compare")],
            **{f"_{side}_written": _written_form(f"_{side}_plain_words", words) for side in SIDES},
        }
    )
    usual = _literal(words.legal_forms, "map<string,string>")
    frame = frame.withColumns(
        {f"_{side}_{variant}_words": _core(side, variant) for side in SIDES for variant in VARIANTS}
        | {f"_{side}_form": F.coalesce(usual[F.col(f"_{side}_written")], F.col(f"_{side}_written")) for side in SIDES}
    )
    frame = frame.withColumn("_same_words", F.when(worded, _either(_pairwise, "value", "reference")))
    frame = frame.withColumn("same_form", _same_form(differ))
    added = {"value_is_part": _is_part("value", "reference"), "reference_is_part": _is_part("reference", "value")}
    return frame.withColumns(added).select(*kept, "same_form", *added)


def _literal(value: object, schema: str) -> Column:
    """Return a constant map, which is one node of the plan whatever its size."""
    return F.from_json(F.lit(json.dumps(value, ensure_ascii=False)), schema)


def _same_form(differ: Column) -> Column:
    same_legal = F.coalesce(F.col("_value_form") == F.col("_reference_form"), F.lit(True))
    same_words = F.coalesce("_same_words", F.lit(False)) & same_legal
    letters = [_spaceless(f"_value_{variant}") == _spaceless(f"_reference_{variant}") for variant in VARIANTS]
    return (
        F.when(F.col("value") == F.col("reference"), True)
        .when(F.col("compare") == "exact", ~differ)
        .when(differ, letters[0] | letters[1] | same_words)
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
        F.when(F.col("compare") == "name", F.filter(tokens, lambda word: ~word.isin(*AND, "u.")))
        .when((F.col("compare") == "street") & leads, turned)
        .otherwise(tokens)
    )


def _bare(word: Column) -> Column:
    return F.translate(word, "./", "")


def _written_form(tokens: str, words: Words) -> Column:
    """Return the legal form at the end of a name, as it is written, or nothing; null in other fields."""
    known = "|".join(re.escape(form) for form in sorted(words.legal_forms, key=lambda form: (-len(form), form)))
    form = F.regexp_extract(F.array_join(F.transform(tokens, _bare), " "), f" ({known})$", 1)
    return F.when(F.col("compare") == "name", form)


def _core(side: str, variant: str) -> Column:
    """Return the words of a name that are not its legal form; all words of other fields."""
    tokens, form = F.col(f"_{side}_{variant}_words"), F.col(f"_{side}_written")
    count = F.when(form == "", 0).otherwise(F.size(F.split(form, " ")))
    return F.when(form.isNull(), tokens).otherwise(F.slice(tokens, F.lit(1), F.size(tokens) - count))


def _is_part(side: str, other: str) -> Column:
    """Tell whether a text has only words that the other has, and fewer, or was cut off where its field ended."""
    lacks_form = (F.col(f"_{side}_form") == "") & (F.col(f"_{other}_form") != "") & F.col("_same_words")
    cut = [
        (F.length(_spaceless(f"_{side}_{variant}")) >= CUT_LENGTH)
        & F.startswith(_spaceless(f"_{other}_{variant}"), _spaceless(f"_{side}_{variant}"))
        for variant in VARIANTS
    ]
    is_cut = (F.col("compare") == "name") & (cut[0] | cut[1])
    legal = F.coalesce(F.col(f"_{side}_form").isin(F.lit(""), F.col(f"_{other}_form")), F.lit(True))
    shorter = _either(_within, side, other) & legal
    return F.coalesce(~F.col("same_form") & (lacks_form | is_cut | shorter), F.lit(False))


def _either(same: Callable[[str, str], Column], side: str, other: str) -> Column:
    first, second = (same(f"_{side}_{variant}_words", f"_{other}_{variant}_words") for variant in VARIANTS)
    return first | second


def _pairwise(name: str, other: str) -> Column:
    pairs = F.zip_with(name, other, _same_word)
    return (F.size(name) == F.size(other)) & F.forall(pairs, lambda same: same)


def _within(name: str, other: str) -> Column:
    found = F.forall(name, lambda one: F.exists(other, lambda word: _same_word(one, word)))
    return (F.size(name) < F.size(other)) & (F.size(name) > 0) & found


def _same_word(one: Column, other: Column) -> Column:
    return (_bare(one) == _bare(other)) | _shortens(one, other) | _shortens(other, one)


def _shortens(short: Column, word: Column) -> Column:
    """Tell whether a word is the other's abbreviation: marked (`Constr.`, `P.za`, `C/`), listed, or `...str`."""
    letters, whole = _bare(short), _bare(word)
    marked = short.rlike("^[^0-9].*[./]") & F.like(whole, F.translate(short, "./", "%%"))
    endings = [F.regexp_replace(letters, f"{end}$", long) for end, long in JOINED_ENDINGS]
    joined = letters.rlike(f"({'|'.join(sorted({end for end, _ in JOINED_ENDINGS}))})$") & whole.isin(*endings)
    listed = F.coalesce(F.array_contains(F.col("_longer")[letters], whole), F.lit(False))
    return marked | joined | listed
