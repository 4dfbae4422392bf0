"""What an import can't know: which file of this project a catalog entry's artifact is. Pure.

The service never tells it, and a program that names one would have an entry without it replaced. So the state is told:
exported, completed and imported again with Pulumi's own commands.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

_DISPOSITION: Final = "artifactContentDisposition"
_TOLD: Final = {
    "model_artifact": "modelArtifact",
    "artifact_content_length": "artifactContentLength",
    "artifact_content_disposition": _DISPOSITION,
}


def with_artifact(export: Mapping[str, Any], urn: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `pulumi stack export` in which the entry has its artifact; None where it has one already."""
    patched = copy.deepcopy(dict(export))
    told = {theirs: arguments[ours] for ours, theirs in _TOLD.items()}
    for resource in (patched.get("deployment") or {}).get("resources") or []:
        outputs = resource.get("outputs") or {}
        if resource["urn"] == urn and told["modelArtifact"] != outputs.get("modelArtifact"):
            # The file name that it was uploaded under is one thing of these that the service tells.
            told[_DISPOSITION] = outputs.get(_DISPOSITION) or told[_DISPOSITION]
            resource["inputs"] = {**(resource.get("inputs") or {}), **told}
            resource["outputs"] = {**outputs, **told}
            return patched
    return None
