"""How far are a zone's clocks ahead of UTC, as the JVM knows it?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

# What is told: from 1900 to 2099, in seconds since 1970. Java makes the summer times of later years from rules.
FIRST, END = -2_208_988_800, 4_102_444_800
# No clocks are so far from UTC: what is told of a time is known from moments that are told, too.
MARGIN = 2 * 86_400
_known: dict[str, str] = {}


def clocks(zone: str, packages: Any) -> str:
    """Return a list as JSON: from which time that the clocks show on, and by how many seconds they are ahead of UTC.

    The last pair has the time from which on nothing is told. A time that the clocks show twice is the first one; one
    that they leave out is that of the clocks as they were before. `packages` are the JVM's; it raises its error
    for what is no zone to Spark.
    """
    if zone not in _known:
        _known[zone] = json.dumps(list(_told(zone, packages)))
    return _known[zone]


def _told(zone: str, packages: Any) -> Iterator[tuple[int, int]]:
    rules = packages.org.apache.spark.sql.catalyst.util.DateTimeUtils.getZoneId(zone).getRules()
    instant = packages.java.time.Instant.ofEpochSecond(FIRST)
    yield FIRST + MARGIN, rules.getOffset(instant).getTotalSeconds()
    while (change := rules.nextTransition(instant)) is not None and change.toEpochSecond() < END:
        instant = change.getInstant()
        before, after = change.getOffsetBefore().getTotalSeconds(), change.getOffsetAfter().getTotalSeconds()
        yield max(change.toEpochSecond() + max(before, after), FIRST + MARGIN), after
    yield END - MARGIN, 0
