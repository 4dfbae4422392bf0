"""The model.yaml of an adopted deployment: what is there, in its words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddock.adopt.found import CATEGORIES, Found, FoundLog
from paddock.drift import model_words
from paddock.errors import PaddockError
from paddock.yaml_edit import flow

ARTIFACT_FILE = "artifact.zip"
_HEAD = """\
# An endpoint that was there before: `paddock adopt` took it over as it was.
# The artifact is the catalog's own, byte for byte. To build it here from now on, name `estimator:` and `samples:`
# instead of `artifact:` (docs/models.md): the endpoint stays, its catalog entry is made anew.
"""


def model_yaml_text(found: Found, name: str) -> str:
    """The whole file; raises PaddockError with all that model.yaml can't say."""
    lines = [f"name: {name}"]
    if found.model["description"]:
        lines.append(f"description: {flow(found.model['description'])}")
    lines += [f"artifact: {ARTIFACT_FILE}", "", "deployment:"]
    for key, value in deployment_values(found).items():
        if key == "logs":
            lines += ["  logs:", *(f"    {category}: {flow(log)}" for category, log in value.items())]
        else:
            lines.append(f"  {key}: {flow(value)}")
    return _HEAD + "\n".join(lines) + "\n"


def deployment_values(found: Found) -> dict[str, Any]:
    """model.yaml's `deployment`, without what is not set."""
    deployment = found.deployment
    details = deployment["model_deployment_configuration_details"]
    model = details["model_configuration_details"]
    values = {
        "display_name": deployment["display_name"],
        "compartment_id": deployment["compartment_id"],
        "project_id": deployment["project_id"],
        "state": deployment["lifecycle_state"],
        **_instances(model["instance_configuration"]),
        **_scaling(model["scaling_policy"]),
        "load_balancer": _set({key: model[key] for key in ("bandwidth_mbps", "maximum_bandwidth_mbps")}),
        "logs": {category: _log(category, found.logs) for category in CATEGORIES},
        **_environment(details["environment_configuration_details"] or {}),
        "description": _own_description(found),
        "tags": deployment["freeform_tags"],
        "defined_tags": _defined_tags(deployment["defined_tags"] or {}),
    }
    return {key: value for key, value in values.items() if value not in (None, {}, [])}


def _instances(instance: Mapping[str, Any]) -> dict[str, Any]:
    size = instance["model_deployment_instance_shape_config_details"] or {}
    access = instance.get("network_access_type")
    network = _set({key: instance.get(key) for key in ("subnet_id", "private_endpoint_id")})
    if access and not network:
        network = {"internet_access": not access.endswith("NO_INTERNET_ACCESS")}
    return {
        "shape": instance["instance_shape_name"],
        "ocpus": _whole(size.get("ocpus")),
        "memory_gbs": _whole(size.get("memory_in_gbs")),
        "cpu_baseline": size.get("cpu_baseline"),
        "network": network,
    }


def _scaling(policy: Mapping[str, Any]) -> dict[str, Any]:
    value = model_words.scaling(_camel(policy))
    if isinstance(value, int):
        return {"instances": value}
    if isinstance(value, Mapping) and "min" in value:
        return {"autoscaling": value}
    raise PaddockError(
        "its scaling policy is one that model.yaml can't say (one threshold policy with one predefined metric, "
        "beginning with the smallest count, is what it has): change the policy, then adopt the deployment"
    )


def _log(category: str, logs: tuple[FoundLog, ...]) -> Any:
    found = next((one for one in logs if one.category == category), None)
    if found is None:
        return False
    log = found.log
    if not is_imported(found):
        return {"log_group_id": log["log_group_id"], "log_id": log["id"]}
    return {"log_group_id": log["log_group_id"], "display_name": log["display_name"], "log_type": log["log_type"]}


def is_imported(found: FoundLog) -> bool:
    """Whether the log becomes the stack's: one that others write to, or that is switched off, is only named."""
    return found.is_its_own and bool(found.log["is_enabled"])


def _environment(environment: Mapping[str, Any]) -> dict[str, Any]:
    if environment.get("environment_configuration_type") in (None, "DEFAULT"):
        return {"environment": environment.get("environment_variables")}
    keys = ("image", "image_digest", "cmd", "entrypoint", "server_port", "health_check_port")
    return {
        "environment": environment.get("environment_variables"),
        "container": {key: environment[key] for key in keys if environment.get(key)},
    }


def _own_description(found: Found) -> str | None:
    """The deployment's, where it is not the catalog entry's."""
    own, whole = found.deployment["description"] or "", found.model["description"] or ""
    return None if own == whole else own


def _defined_tags(tags: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Without those that Oracle's tag defaults write."""
    return {
        f"{space}.{key}": str(value)
        for space, keys in tags.items()
        if space != "Oracle-Tags"
        for key, value in keys.items()
    }


def _camel(value: Any) -> Any:
    """The SDK's names as Pulumi's."""
    if isinstance(value, Mapping):
        return {_camel_name(key): _camel(item) for key, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _whole(number: float | None) -> float | None:
    return int(number) if number is not None and float(number).is_integer() else number


def _set(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
