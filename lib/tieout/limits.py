"""Limits on what one process is given, each with its reason.

Both sides of a limit give the same rows. The run's record says which side was taken, and tests lower a limit to take
the other one.
"""

from __future__ import annotations

# Plausible pairs that the driver clusters itself. Of each it holds both ends, probability and sort keys, some hundred
# bytes at the peak: 2 GB. What executors do instead takes some fifty Spark jobs where this takes five.
PAIRS_ON_DRIVER = 20_000_000
# Rules that forbid pairs read attributes of every record that is in one: texts of a few hundred bytes.
PAIRS_WITH_ATTRIBUTES_ON_DRIVER = PAIRS_ON_DRIVER // 4
# Plausible pairs that one executor clusters: a bucket of them takes about half a gigabyte of a Python worker.
PAIRS_A_BUCKET = 2_000_000
# Edges of which the driver finds the connected components: it holds both ends of each, twice, 640 MB.
EDGES_ON_DRIVER = 20_000_000
# Rows of a few numbers that are sent to every task, instead of being joined: 24 bytes each, 72 MB.
ROWS_BROADCAST = 3_000_000
