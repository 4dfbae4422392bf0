"""What a model deployment refers to must be there, and fit to be used: its model or group, logs, target, endpoint."""

from __future__ import annotations

from local_oci.call import Call, not_found
from local_oci.errors import InvalidParameter
from local_oci.resources.data_science import compute_target, data_science_private_endpoint, model, model_group
from local_oci.resources.data_science.model_deployment_checks import CONFIGURATION, GROUP, MODEL, infrastructure_part
from local_oci.resources.data_science.model_deployment_plan import Settings
from local_oci.resources.oci_logging import log_group


def require_source(call: Call, settings: Settings) -> None:
    """The model or model group must be there, active, with its artifact; a group's models and a target, too."""
    is_group = settings.deployment_type == "MODEL_GROUP"
    kind, path = (model_group.KIND, GROUP) if is_group else (model.KIND, f"{MODEL}.modelId")
    found = call.load_live(kind, settings.source_id)
    members = [call.load(model.KIND, member) for member in model_group.members(found)] if is_group else []
    for one in (found, *members):
        words = one.kind.replace("_", " ")
        if "artifact" not in one.private:
            raise InvalidParameter(f"{path}: {words} {one.id} has no artifact; upload one first")
        if one.state != "ACTIVE":
            raise InvalidParameter(f"{path}: {words} {one.id} must be ACTIVE, found {one.state}; activate it")
    if settings.deployment_type == "SINGLE_MODEL_FLEX":
        target = call.load_live(compute_target.KIND, settings.infrastructure["computeTargetId"])
        compute_target.require_active(target)


def require_private_endpoint(call: Call, settings: Settings) -> None:
    """The private endpoint, if one is named, must be there and be for model deployments."""
    endpoint_id = data_science_private_endpoint.named_by(settings.infrastructure)
    if endpoint_id is not None:
        part = infrastructure_part(settings.deployment_type)
        path = f"{CONFIGURATION}.{part}.instanceConfiguration.privateEndpointId"
        data_science_private_endpoint.require_usable(call, endpoint_id, path)


def require_logs(call: Call, settings: Settings) -> None:
    """The logs must be there, each in its group."""
    for category, target in settings.logs.items():
        group = log_group.load(call, target["logGroupId"])
        log = call.snapshot.get(target["logId"])
        if log is None or log.kind != "log" or log.parent != group.id or log.state == "DELETED":
            raise not_found(f"log for categoryLogDetails.{category} in log group {group.id}:", target["logId"])
