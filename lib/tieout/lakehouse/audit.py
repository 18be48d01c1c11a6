"""The audit of what people did by hand, in `ops.audit`: decisions, overrides, releases, exports, erasures."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import user_name
from tieout.platform.rows import frame_of

AUDIT_SCHEMA = "audit_id string, action string, entity string, who string, at timestamp, details string, run_id string"


def record_audit(
    context: Context, action: str, entity: str | None, details: dict[str, Any], who: str | None = None
) -> str:
    """Append one row to ops.audit and return its audit_id; `details` are stored as JSON."""
    audit_id = uuid.uuid4().hex
    row = (
        audit_id, action, entity, who or user_name(), datetime.now(UTC),
        json.dumps(details, default=str), context.run.run_id,
    )  # fmt: skip
    context.lake.append("ops", "audit", frame_of(context.spark, [row], AUDIT_SCHEMA))
    return audit_id
