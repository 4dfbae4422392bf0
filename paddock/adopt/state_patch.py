"""What an import can't know: which file of this project a catalog entry's artifact is. Pure.

The service never tells it, and a program that names one would have an entry without it replaced. So the state is told:
exported, completed and imported again with Pulumi's own commands.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

_TOLD: Final = {
    "model_artifact": "modelArtifact",
    "artifact_content_length": "artifactContentLength",
    "artifact_content_disposition": "artifactContentDisposition",
}


def with_artifact(export: Mapping[str, Any], urn: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `pulumi stack export` in which the entry has its artifact; None where it has one already."""
    patched = copy.deepcopy(dict(export))
    told = {theirs: arguments[ours] for ours, theirs in _TOLD.items()}
    for resource in (patched.get("deployment") or {}).get("resources") or []:
        if resource["urn"] == urn and told["modelArtifact"] != (resource.get("outputs") or {}).get("modelArtifact"):
            resource["inputs"] = {**(resource.get("inputs") or {}), **told}
            resource["outputs"] = {**(resource.get("outputs") or {}), **told}
            return patched
    return None
