"""All operations that are emulated, from the kinds' own tables."""

from __future__ import annotations

from local_oci.call import Route
from local_oci.resources import work_request
from local_oci.resources.data_science import (
    compute_target,
    data_science_private_endpoint,
    model,
    model_artifact,
    model_deployment,
    model_deployment_model_state,
    model_deployment_shape,
    model_group,
    model_metadatum_artifact,
    model_provenance,
    model_version_set,
    project,
)
from local_oci.resources.identity import customer_secret_key, dynamic_group, policy, tenancy
from local_oci.resources.monitoring import alarm, metric
from local_oci.resources.object_storage import bucket, multipart_upload, object_copy, object_listing, stored_object
from local_oci.resources.oci_logging import log, log_group, log_ingestion, log_line
from local_oci.resources.search import resource_summary

ROUTES: dict[tuple[str, str], Route] = {
    (route.service, route.operation): route
    for kind in (
        project,
        model,
        model_artifact,
        model_metadatum_artifact,
        model_provenance,
        model_version_set,
        model_group,
        compute_target,
        data_science_private_endpoint,
        model_deployment,
        model_deployment_model_state,
        model_deployment_shape,
        work_request,
        log_group,
        log,
        log_line,
        log_ingestion,
        resource_summary,
        metric,
        alarm,
        tenancy,
        policy,
        dynamic_group,
        customer_secret_key,
        bucket,
        stored_object,
        object_listing,
        object_copy,
        multipart_upload,
    )
    for route in kind.ROUTES
}
