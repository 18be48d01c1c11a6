"""Java's regular expressions find, replace and extract here what they do in Spark, or are refused."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from tieout.columnar.kernels.patterns import REFUSALS
from tieout.columnar.tree import LITERAL, Node
from tieout.sql import literal

from .conftest import Judge, odd_texts, ordinary_texts

ODD = "¨¯´¸¼½¾ĲĳĿŀŉ‗‥…‼№™⅐ⅦⅧⅷ㈰ﬀﬁ"
IN_USE = (
    "[0-9]", "[A-Z]", "[A-Za-z;,|#/]", rf"[\p{{M}}{ODD}]", r"^(?:[ -~\t\n\r]++|[À-ıĴ-ľŁ-ňŊ-žƀ-ǃ]++)*+$",
    "^([A-Z]{2})?(0*|9{6,}|1{6,})$", "^[+][1-9][0-9]{5,14}$", "^[0-9]{3,}$", "^[A-Z]{2}[A-Z0-9]*[0-9]",
    r"^[^0-9]*\+",
    "^[^@ ]+@[^@ ]+[.][^@ ]+$", "^[0-9]{5}([.][0-9]+)?$", "^[0-9]+$", "^0+$", "[^A-Za-z0-9]", "^[A-Za-z0-9]{15}$",
    r"^[0-9]+(\.0+|(\.[0-9]+)?[eE]\+?[0-9]{1,2})$", "[0-9](Z|[+-][0-9]{2}:?([0-9]{2})?)$",
)  # fmt: skip
OTHERS = (
    "", "^$", "$", "^", "a", "é", ".", "^.$", "..", "(?s)^.$", r"\s", r"\S", r"\d", r"\D", r"\w", r"\W",
    r"^\w+$", r"\p{L}",
    r"\P{L}", r"\p{Lu}", r"\p{N}", r"[^\p{L}\p{N}]", r"[\s\p{Z}\p{Cc}]", "(?i)é", "(?i)[a-z]", "(?i)k", "(?i)s",
    "a|B", "a*",
    "x+?1", "^x?1$", "(a|9)+", "[aB]{2}", "[aB]{1,2}z", "(?<=x)1", "(?<!x)1", "x(?=1)", "x(?!1)", r"\.", r"\\",
    r"[\]\[]",
    "[^a]", "[à-ž]", "[.+*]", "[a-]", "-$", r"\t", "x++1", "[x1]++$", "^[^@]*@", " $", "[\n]$", "🙂", "[🙂-🙃]",
    "[^🙂]$", "x$|^1",
)  # fmt: skip
REPLACED = (
    (r"[^\p{L}\p{N}]", ""), (r"[\s\p{Z}\p{Cc}]+", " "), (r"\s+", " "), ('[\\s,()"]+', " "), ("[^0-9]", ""),
    ("[0-9]+", ""),
    (r"(?i)(?<=[0-9])[ .)]*([;,|#a-z]|(?<=[0-9][0-9() .-]{5})/ *[+0]).*$", ""),
    (r"^([a-z]+:)?(//)?([^/@]*@)?(www[0-9]?\.)?|[:/?#;, ].*$", ""),
    (r"^\s*[A-Za-z]{1,3}\s*-\s*(?=[0-9]{4})|[^\p{L}\p{N}]", ""), (r"^\s*[A-Za-z]{1,3}\s*-\s*([0-9]{4})", "$1"),
    ("a", "$0$0"), ("(x)(1)?", "$2$1"), ("[.]", "·"), ("é+", "e"), ("-|\\.", ""), ("x|", ""), ("a*", ""),
    ("(?<=x)", ""),
    (".", ""), ("..", "-"), ("$", ""), ("^x", "y"), (r"\p{M}", ""), ("[^ -~]", "?"), ("[ -~]+", "_"),
    ("(?i)X", ""),
    ("[À-ž]+", "x"), (" +$", ""), ("\\n", " "), ("[🙂é]", "e"),
)  # fmt: skip
EXTRACTED = (
    ('[^\\s<>:;,()"]+@[^\\s<>:;,()"]+', 0), ("([0-9]+)([a-zé])?", 1), ("([0-9]+)([a-zé])?", 2), ("x|1", 0),
    ("(a)|(B)", 2),
    (r"(?s)\P{M}\p{M}*|\p{M}", 0), (r"\w+", 0), ("", 0), ("a*", 0), ("(?<=x)(.)", 1), ("^[^ ]*", 0), ("[^ ]*$", 0),
)  # fmt: skip


def expressions() -> list[str]:
    found = [f"t RLIKE {literal(pattern)}" for pattern in (*IN_USE, *OTHERS)]
    found += [f"regexp_replace(t, {literal(pattern)}, {literal(other)})" for pattern, other in REPLACED]
    for pattern, group in EXTRACTED:
        found += [f"regexp_extract{many}(t, {literal(pattern)}, {group})" for many in ("", "_all")]
    return [*found, "regexp_replace(t, NULL, 'x')", "t RLIKE NULL"]


def test_odd_texts(judge: Judge) -> None:
    chance = random.Random(4)
    texts = ["".join(chance.choices("aBx19 .-@/:é\n+(),", k=chance.randrange(12))) for _ in range(1500)]
    judge.check({"t": pa.array([*odd_texts(2000), *texts], pa.string())}, expressions())


def test_ordinary_texts_are_not_doubtful(judge: Judge) -> None:
    judge.check({"t": ordinary_texts(2000)}, expressions(), most_doubtful=0.0005)


def test_nothing(judge: Judge) -> None:
    for texts in ([None], [""], ["", None, ""]):
        judge.check({"t": pa.array(texts * 3, pa.string())}, expressions(), most_doubtful=0)


@pytest.mark.parametrize(
    "pattern", [r"\bx", r"(a)\1", r"(?m)^a", r"(?u)a", r"[a&&b]", r"\R", r"\X", r"(?<n>a)", r"\p{IsLatin}", r"a\Z", "("]
)
def test_what_is_not_surely_known_is_refused(pattern: str) -> None:
    node = Node("RLike", (Node("Attribute"), Node(LITERAL, type="string", value=pattern)))
    assert REFUSALS["RLike"](node) is not None
