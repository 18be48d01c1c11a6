"""Ways to reach somebody: phone numbers, e-mail addresses, web domains. A record may have several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.matching.comparing.similarity import JaroWinkler, similarity
from tieout.matching.hashing import Hashes
from tieout.matching.kinds.base import Kind
from tieout.matching.prepare.columns import ColumnFeatures, ColumnPairs, Floats, Values
from tieout.matching.prepare.text import blank_to_null, plain, strings

SEVERAL = 3


class SetKind(Kind):
    """A small set of values without spaces, such as several phone numbers."""

    def prepare(self, values: Sequence[pa.Array]) -> dict[str, pa.Array]:
        """Return all values of a record's columns in one text, a space between them."""
        parts = [self.normalise(strings(value)) for value in values]
        if len(parts) == 1:
            return {"": parts[0]}
        # Arrow's `skip` drops the rows that have no value at all, so nothing is joined as empty text.
        joined = pc.binary_join_element_wise(*parts, " ", null_handling="replace", null_replacement="")
        return {"": blank_to_null(pc.utf8_trim(pc.replace_substring_regex(joined, " +", " "), " "))}

    def values(self, column: ColumnFeatures, word: str = "exact") -> Values:
        """Return each record's values, or what `word` takes from each."""
        tokens = column.tokens("", SEVERAL)
        if word == "exact":
            return tokens
        return column.get(word, lambda: tokens.replaced(self.parts_named(word, tokens.dictionary)))  # type: ignore[no-any-return]

    def parts_named(self, word: str, texts: pa.Array) -> pa.Array:
        """Return the part of each value that `word` names, null for none."""
        raise KeyError(word)

    def present(self, column: ColumnFeatures) -> NDArray[np.bool_]:
        """Tell which records have at least one value."""
        return np.asarray(self.values(column).codes[:, 0] >= 0)

    def counted(self, column: ColumnFeatures) -> dict[str, Hashes]:
        """Return the hashes of the values, a column for each of a record's."""
        return {"exact": self.values(column).record_hashes}

    def key_width(self, word: str, sources: int) -> int:
        """Return how many values a record may have: as many as columns, at most three."""
        return min(sources, SEVERAL)

    def keys(self, word: str, column: ColumnFeatures) -> Hashes:
        """Return a key for each value, or for what `word` names of it."""
        return self.values(column, word).record_hashes

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return the best similarity of two values for `edit`, else whether any value is shared."""
        if word == "edit":
            return self.best_edit(pairs)
        return shared(self.values(pairs.column, word), pairs)

    def best_edit(self, pairs: ColumnPairs) -> Floats:
        """Return the best similarity between any two values of each pair."""
        values = self.values(pairs.column)
        left, right = pairs.codes(values)
        best = np.zeros(len(left), dtype=np.float32)
        for a in range(left.shape[1]):
            for b in range(right.shape[1]):
                best = np.maximum(best, similarity(values, left[:, a], right[:, b]))
        return best

    def rarity(self, pairs: ColumnPairs) -> NDArray[np.float64]:
        """Return the share of the rarest value in common."""
        return rarest_shared(self.values(pairs.column), pairs, pairs.column.shares("exact", self.values(pairs.column)))


def shared(values: Values, pairs: ColumnPairs) -> NDArray[np.bool_]:
    """Tell which pairs have a value in common."""
    left, right = pairs.codes(values)
    found = np.zeros(len(left), dtype=bool)
    for a in range(left.shape[1]):
        for b in range(right.shape[1]):
            found |= (left[:, a] == right[:, b]) & (left[:, a] >= 0)
    return found


def rarest_shared(values: Values, pairs: ColumnPairs, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of the rarest value in common, or of the commoner first value where there is none."""
    left, right = pairs.codes(values)
    best = np.full(len(left), np.inf)
    for a in range(left.shape[1]):
        for b in range(right.shape[1]):
            equal = (left[:, a] == right[:, b]) & (left[:, a] >= 0)
            best = np.where(equal, np.minimum(best, shares[left[:, a]]), best)
    return np.where(np.isinf(best), np.maximum(shares[left[:, 0]], shares[right[:, 0]]), best)


class Phone(SetKind):
    """Phone numbers, by their last eight digits: with or without country code and trunk zero."""

    levels = ("exact", "edit >= 0.8", "area")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return the last eight digits, without an extension; null for fewer than six digits."""
        cut = pc.replace_substring_regex(pc.utf8_lower(values), r"(?:x|ext|#|durchwahl).*$", "")
        digits = pc.replace_substring_regex(cut, r"[^0-9]+", "")
        long_enough = pc.greater_equal(pc.utf8_length(digits), 6)
        return pc.if_else(long_enough, pc.utf8_slice_codeunits(digits, -8), pa.scalar(None, pa.string()))

    def parts_named(self, word: str, texts: pa.Array) -> pa.Array:
        """Return the number without its last four digits for `area`."""
        if word == "area":
            return blank_to_null(pc.utf8_slice_codeunits(texts, 0, -4))
        return super().parts_named(word, texts)


class Email(SetKind):
    """E-mail addresses; their local part and their domain may agree alone."""

    levels = ("exact", "edit >= 0.9", "local", "domain")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return the address in small letters, without `mailto:` and without what follows a plus sign."""
        lower = pc.replace_substring_regex(plain(values), r"\s+|^mailto:", "")
        return blank_to_null(pc.replace_substring_regex(lower, r"\+[^@]*@", "@"))

    def parts_named(self, word: str, texts: pa.Array) -> pa.Array:
        """Return what stands before the at sign for `local`, what follows it for `domain`."""
        cut = {"local": r"@.*$", "domain": r"^[^@]*@?"}[word]
        return blank_to_null(pc.replace_substring_regex(texts, cut, ""))

    def counted(self, column: ColumnFeatures) -> dict[str, Hashes]:
        """Return the hashes of addresses, of local parts and of domains."""
        return super().counted(column) | {
            "local": self.values(column, "local").record_hashes,
            "domain": self.values(column, "domain").record_hashes,
        }

    def rarity(self, pairs: ColumnPairs) -> NDArray[np.float64]:
        """Return the share of the address where it agrees, else of the local part or domain that does."""
        result = super().rarity(pairs)
        for word in ("domain", "local"):
            values = self.values(pairs.column, word)
            here = shared(values, pairs)
            found = rarest_shared(values, pairs, pairs.column.shares(word, values))
            result = np.where(here & ~shared(self.values(pairs.column), pairs), found, result)
        return result


class Domain(SetKind):
    """Web sites by their host name; the label is the name without the ending (.com, .co.uk)."""

    levels = ("exact", "label", "edit >= 0.85")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return the host name, without scheme, user, `www.`, port and path."""
        lower = pc.replace_substring_regex(plain(values), r"^\s*(?:[a-z]+://)?(?:[^@/]*@)?(?:www\d?\.)?", "")
        return blank_to_null(pc.replace_substring_regex(lower, r"[/:?#\s].*$", ""))

    def parts_named(self, word: str, texts: pa.Array) -> pa.Array:
        """Return the registered name without its public ending for `label`."""
        if word == "label":
            return pa.array([domain_label(text) or None for text in texts.to_pylist()], pa.string())
        return super().parts_named(word, texts)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return Jaro-Winkler similarity of the labels for `edit`, else whether one is shared."""
        if word == "edit":
            labels = self.values(pairs.column, "label")
            left, right = pairs.codes(labels)
            return similarity(labels, left[:, 0], right[:, 0], JaroWinkler.similarity)
        return super().measure(word, pairs)


def domain_label(host: str) -> str:
    """Return the registered name of a host without its public ending."""
    labels = host.split(".")
    if len(labels) < 2:
        return host
    second_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in {"co", "com", "org", "net", "gov", "ac"}
    return labels[-3] if second_level else labels[-2]
