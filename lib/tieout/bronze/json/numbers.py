"""Numbers of JSON kept as they are written: Spark's parser turns 1.10 into 1.1.

Numbers with a fraction or an exponent are put in quotes and marked before the parser sees them, and get their
own text back afterwards. The marks are code points that Unicode keeps out of all text.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

NUMBER, QUOTE, BACKSLASH = "\ufdd0", "\ufdd1", "\ufdd2"
MARKED = f"[{NUMBER}{QUOTE}{BACKSLASH}]"
LIKELY = r"[0-9][.eE][0-9+-]"
# A string, or a number that is none: without escapes inside, a string needs no backtracking, however long.
STRING_OR_NUMBER = r'("[^"]*+")|(-?[0-9]+(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+))'


def guarded(text: Column) -> Column:
    """Return JSON text with its numbers as marked strings; unchanged where it has no such number."""
    plain = F.replace(F.replace(text, F.lit("\\\\"), F.lit(BACKSLASH)), F.lit('\\"'), F.lit(QUOTE))
    marked = F.regexp_replace(plain, STRING_OR_NUMBER, f"$1{NUMBER}$2{NUMBER}")
    numbers = F.replace(marked, F.lit(NUMBER * 2), F.lit(""))
    quoted = F.regexp_replace(numbers, f"{NUMBER}([^{NUMBER}]+){NUMBER}", f'"{NUMBER}$1{NUMBER}"')
    whole = F.replace(F.replace(quoted, F.lit(QUOTE), F.lit('\\"')), F.lit(BACKSLASH), F.lit("\\\\"))
    return F.when(text.rlike(LIKELY) & ~text.rlike(MARKED), whole).otherwise(text)


def unguarded(text: Column) -> Column:
    """Return text, a value or JSON, with the numbers as they were written."""
    bare = F.replace(F.replace(text, F.lit(f'"{NUMBER}'), F.lit("")), F.lit(f'{NUMBER}"'), F.lit(""))
    return F.replace(bare, F.lit(NUMBER), F.lit(""))


def is_guarded(text: Column) -> Column:
    """Tell whether JSON text has marked numbers."""
    return text.contains(NUMBER)
