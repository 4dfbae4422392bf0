"""What a run that was lost had begun and not told the end of: Pulumi's pending operations. Pure."""

from __future__ import annotations

import json
from typing import Any


def pending_in(export: str) -> tuple[str, ...]:
    """`creating oci:DataScience/model:Model wine-cultivar` for each, of what `pulumi stack export` printed.

    Empty where it printed none, or no state at all: a stack that was never updated has none.
    """
    try:
        state: Any = json.loads(export)
    except ValueError:
        return ()
    operations = (state.get("deployment") or {}).get("pending_operations") or []
    return tuple(_in_words(operation) for operation in operations)


def _in_words(operation: dict[str, Any]) -> str:
    kind, _, name = str(operation["resource"]["urn"]).split("::", 2)[-1].partition("::")
    return f"{operation['type']} {kind.rpartition('$')[2]} {name}"
