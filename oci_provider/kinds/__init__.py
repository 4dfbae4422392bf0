"""The kinds that this plugin has, by token."""

from __future__ import annotations

from oci_provider.errors import UnknownTokenError
from oci_provider.kinds.alarm import Alarm
from oci_provider.kinds.dynamic_group import DynamicGroup
from oci_provider.kinds.log import Log
from oci_provider.kinds.log_group import LogGroup
from oci_provider.kinds.model import Model
from oci_provider.kinds.model_artifact_export import ModelArtifactExport
from oci_provider.kinds.model_artifact_import import ModelArtifactImport
from oci_provider.kinds.model_deployment import ModelDeployment
from oci_provider.kinds.model_group import ModelGroup
from oci_provider.kinds.model_provenance import ModelProvenance
from oci_provider.kinds.model_version_set import ModelVersionSet
from oci_provider.kinds.policy import Policy
from oci_provider.kinds.private_endpoint import PrivateEndpoint
from oci_provider.kinds.project import Project
from oci_provider.resource import Kind

KINDS: dict[str, Kind] = {
    kind.pulumi_type: kind
    for kind in (
        Project(),
        ModelVersionSet(),
        Model(),
        ModelProvenance(),
        ModelArtifactExport(),
        ModelArtifactImport(),
        ModelGroup(),
        PrivateEndpoint(),
        ModelDeployment(),
        LogGroup(),
        Log(),
        Alarm(),
        DynamicGroup(),
        Policy(),
    )
}


def named(token: str) -> Kind:
    """Return the kind of a token; raises UnknownTokenError with the list of those that are there."""
    if token not in KINDS:
        raise UnknownTokenError(
            f"{token}: the local oci plugin does not have this resource; it has {', '.join(sorted(KINDS))}. "
            "Use the official plugin for it (`paddock env --official`)"
        )
    return KINDS[token]
