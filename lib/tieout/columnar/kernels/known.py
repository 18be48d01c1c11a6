"""Which functions of Spark SQL are known here?"""

from __future__ import annotations

from collections.abc import Mapping

from tieout.columnar.kernels import (
    casts,
    hashes,
    json_paths,
    json_texts,
    likes,
    logic,
    nested,
    numbers,
    parts,
    patterns,
    texts,
    times,
)
from tieout.columnar.kernels.call import Kernel, Refusal

MODULES = (logic, numbers, nested, texts, parts, patterns, likes, casts, hashes, json_texts, json_paths, times)
KERNELS: Mapping[str, Kernel] = {kind: kernel for module in MODULES for kind, kernel in module.KERNELS.items()}
REFUSALS: Mapping[str, Refusal] = {kind: refusal for module in MODULES for kind, refusal in module.REFUSALS.items()}
