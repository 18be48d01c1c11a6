"""Start of a task in a Python worker of Spark, without what need not be done again."""

from __future__ import annotations

import gc
import sys
from zipimport import zipimporter

import pyarrow as pa


def settle_worker() -> None:
    """Spare this worker what Spark has it do again for each task, up to a tenth of a second.

    That is to look at every archive that is known on its search path: the zip files and jars are forgotten, and looked
    up when a module is first imported from one. And to look for garbage among all that was ever imported.

    Arrow's columns get their memory where numpy's do, which is used again: Arrow's own allocator gives it back so soon
    that a tenth of the processor's time goes into new pages.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    pa.set_memory_pool(pa.system_memory_pool())
    sys.path[:] = [place for place in sys.path if not place.endswith(".jar")]
    for place, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimporter):
            del sys.path_importer_cache[place]
