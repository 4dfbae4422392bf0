"""Reads from OCI, by its SDK, what it says of a deployment: the same calls whichever OCI it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from paddock.errors import PaddockError
from paddock.failure.evidence import Evidence, Facts, WorkRequest
from paddock.log_search import log_query, newest_records
from paddock.oci_access import OciAccess, explain

# Operations that start model servers; what failed in a deletion is no matter of the model.
_STARTING = frozenset({"MODEL_DEPLOYMENT_CREATE", "MODEL_DEPLOYMENT_UPDATE", "MODEL_DEPLOYMENT_ACTIVATE"})
_REQUESTS = 10
_RECORDS = 300
# Clocks of a service's parts differ by moments.
_BEFORE = timedelta(seconds=5)


def newest_deployment(client: Any, compartment_id: str, name: str) -> Any | None:
    """The newest deployment of that display name that is not deleted; None: there is none."""
    found = client.list_model_deployments(
        compartment_id, display_name=name, sort_by="timeCreated", sort_order="DESC"
    ).data
    return next((one for one in found if one.lifecycle_state not in {"DELETED", "DELETING"}), None)


def outline(client: Any, name: str, deployment_id: str, facts: Facts) -> Evidence:
    """State and the last operations, without errors and logs. Raises the SDK's ServiceError and RequestException."""
    deployment = client.get_model_deployment(deployment_id).data
    found = client.list_work_requests(
        deployment.compartment_id,
        resource_id=deployment_id,
        sort_by="timeAccepted",
        sort_order="DESC",
        limit=_REQUESTS,
    ).data
    requests = sorted((one for one in found if one.operation_type in _STARTING), key=_accepted, reverse=True)
    return Evidence(
        name=name,
        state=deployment.lifecycle_state,
        lifecycle_details=deployment.lifecycle_details,
        work_requests=tuple(WorkRequest(one.id, one.operation_type, one.status, _accepted(one)) for one in requests),
        facts=_with_deployment(facts, deployment),
    )


def whole(oci: OciAccess, client: Any, known: Evidence) -> Evidence:
    """With the last operation's errors and log, and the predict log since it began; what can't be read is a gap."""
    gaps: list[str] = []
    requests = list(known.work_requests)
    if requests:
        newest = requests[0]
        errors = _read(gaps, "the work request's errors", lambda: client.list_work_request_errors(newest.id).data)
        logs = _read(gaps, "the work request's log", lambda: client.list_work_request_logs(newest.id).data)
        requests[0] = replace(
            newest,
            errors=tuple(f"{one.code}: {one.message}" for one in errors),
            logs=tuple(one.message for one in logs),
        )
    since = requests[0].accepted - _BEFORE if requests else None
    records = _read(gaps, "the predict log", lambda: _predict_log(oci, client, known.facts.deployment_id, since))
    messages = tuple(str(record["data"].get("message", "")) for record in records)
    return replace(known, work_requests=tuple(requests), predict_log=messages, gaps=tuple(gaps))


def _predict_log(oci: OciAccess, client: Any, deployment_id: str, since: datetime | None) -> list[dict[str, Any]]:
    deployment = client.get_model_deployment(deployment_id).data
    log = _predict_log_details(deployment)
    if log is None:
        return []
    query = log_query(deployment.compartment_id, log.log_group_id, log.log_id, deployment_id)
    return newest_records(oci.log_search(), query, _RECORDS, since)


def _read(gaps: list[str], what: str, ask: Any) -> Sequence[Any]:
    from oci.exceptions import RequestException, ServiceError

    try:
        found: Sequence[Any] = ask()
    except (ServiceError, RequestException) as error:
        gaps.append(f"{what} could not be read: {explain(error)}")
    except PaddockError as error:
        gaps.append(f"{what} could not be read: {error}")
    else:
        return found
    return ()


def _with_deployment(facts: Facts, deployment: Any) -> Facts:
    """What OCI says of its instances goes before what the code says: the code may be newer."""
    details = deployment.model_deployment_configuration_details
    instance = getattr(getattr(details, "model_configuration_details", None), "instance_configuration", None)
    size = getattr(instance, "model_deployment_instance_shape_config_details", None)
    return replace(
        facts,
        compartment_id=deployment.compartment_id,
        deployment_id=deployment.id,
        shape=getattr(instance, "instance_shape_name", None) or facts.shape,
        memory_gbs=getattr(size, "memory_in_gbs", None) or facts.memory_gbs,
        keeps_predict_log=_predict_log_details(deployment) is not None,
    )


def _predict_log_details(deployment: Any) -> Any | None:
    return getattr(deployment.category_log_details, "predict", None)


def _accepted(request: Any) -> datetime:
    accepted: datetime = request.time_accepted
    return accepted
