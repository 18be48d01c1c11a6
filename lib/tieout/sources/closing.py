"""Where do values end that are all in quotes and hold none? Found by what stands between them, without counting quotes.

Between two values there is a quote, a delimiter or a line break, and a quote again. Where these and the block's first
and last quote are all the quotes there are, and none belongs to two, each closes one value and opens the next.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tieout.sources.check import TextStyle

LF = ord("\n")
Places = npt.NDArray[np.int64]


def closing_quotes(signs: npt.NDArray[np.uint8], breaks: Places, style: TextStyle) -> tuple[Places, Places] | None:
    """Return where each value's quotes close, and where records end: just after their line breaks.

    The block starts with a record; what follows the last one that ends is left out. None if no record ends, or not all
    of them have all their values in quotes that hold none. `breaks` are the places of all line breaks.
    """
    if not style.quote or not len(breaks) or signs[0] != ord(style.quote):
        return None
    # A value may start where the block ends.
    quotes = np.ones(len(signs) + 1, dtype=bool)
    np.equal(signs, ord(style.quote), out=quotes[:-1])
    between = (signs[1:] == ord(style.delimiter)) | (signs[1:] == LF)
    between &= quotes[:-2]
    between &= quotes[2:]
    ends = breaks[between[breaks - 1]] + 1
    # What a last line break ends, if it is no such record, is one all the same.
    if not len(ends) or (signs[-1] == LF and ends[-1] < len(signs)):
        return None
    # The first quote closes nothing, and no quote both closes and opens.
    if between[0] or (between[:-2] & between[2:]).any():
        return None
    closing = np.flatnonzero(between[: ends[-1] - 1])
    return (closing, ends) if np.count_nonzero(quotes[: ends[-1]]) == 2 * len(closing) else None
