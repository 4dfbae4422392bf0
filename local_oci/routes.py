"""All operations that are emulated, from the kinds' own tables."""

from __future__ import annotations

from local_oci.call import Route
from local_oci.resources import identity, work_request
from local_oci.resources.data_science import (
    model,
    model_artifact,
    model_deployment,
    model_deployment_shape,
    model_provenance,
    project,
)
from local_oci.resources.oci_logging import log, log_group, log_line

ROUTES: dict[tuple[str, str], Route] = {
    (route.service, route.operation): route
    for kind in (
        project,
        model,
        model_artifact,
        model_provenance,
        model_deployment,
        model_deployment_shape,
        work_request,
        log_group,
        log,
        log_line,
        identity,
    )
    for route in kind.ROUTES
}
