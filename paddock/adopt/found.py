"""What there is of a deployment in OCI, as plain values with the SDK's names."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddock.errors import PaddockError, WordsError
from paddock.oci_access import OciAccess, explain

CATEGORIES: Final = ("access", "predict")
_NOT_FOUND: Final = 404
_ADOPTABLE: Final = ("ACTIVE", "INACTIVE")


@dataclass(frozen=True)
class FoundLog:
    """A log that a deployment writes. `is_its_own`: no other category and no other deployment writes to it."""

    category: str
    log: Mapping[str, Any]
    is_its_own: bool

    @property
    def import_id(self) -> str:
        """As the `oci` plugin wants it."""
        return f"logGroupId/{self.log['log_group_id']}/logId/{self.log['id']}"


@dataclass(frozen=True)
class Found:
    """A deployment, its catalog entry, its logs."""

    deployment: Mapping[str, Any]
    model: Mapping[str, Any]
    logs: tuple[FoundLog, ...]

    @property
    def suggested_name(self) -> str:
        """A model's name made of the deployment's display name."""
        text = re.sub(r"[^a-z0-9]+", "-", str(self.deployment["display_name"] or "").lower()).strip("-")[:63].strip("-")
        return text or "adopted-model"


def find(access: OciAccess, deployment_id: str) -> Found:
    """Reads all of it; WordsError: there is no such deployment, PaddockError: it can't be adopted."""
    science = access.data_science()
    deployment = _read(science.get_model_deployment, deployment_id)
    if deployment is None:
        raise WordsError(f"{deployment_id}: OCI knows no such model deployment (or the credentials may not see it)")
    _require_adoptable(deployment)
    model_id = deployment["model_deployment_configuration_details"]["model_configuration_details"]["model_id"]
    model = _read(science.get_model, model_id)
    if model is None or model["lifecycle_state"] == "DELETED":
        raise PaddockError(f"the catalog entry {model_id}, which the deployment serves, is gone: it can't be adopted")
    return Found(deployment, model, _logs(access, deployment))


def download(access: OciAccess, model_id: str, path: Path) -> None:
    """The entry's artifact, byte for byte."""
    from oci.exceptions import RequestException, ServiceError

    try:
        answer = access.data_science().get_model_artifact_content(model_id)
        with path.open("wb") as file:
            shutil.copyfileobj(answer.data.raw, file, 1 << 20)
    except ServiceError as error:
        if error.status == _NOT_FOUND:
            raise PaddockError(f"the catalog entry {model_id} has no artifact: it can't be adopted") from error
        raise explain(error) from error
    except RequestException as error:
        raise explain(error) from error


def add_tags(access: OciAccess, model: Mapping[str, Any], tags: Mapping[str, str]) -> None:
    """Adds free-form tags to the catalog entry, where it has them not yet; the entry is not replaced by it."""
    from oci.data_science.models import UpdateModelDetails
    from oci.exceptions import RequestException, ServiceError

    before = model["freeform_tags"] or {}
    if tags.items() <= before.items():
        return
    try:
        access.data_science().update_model(model["id"], UpdateModelDetails(freeform_tags={**before, **tags}))
    except (ServiceError, RequestException) as error:
        raise explain(error) from error


def _require_adoptable(deployment: Mapping[str, Any]) -> None:
    kind = deployment["model_deployment_configuration_details"]["deployment_type"]
    if kind != "SINGLE_MODEL":
        raise PaddockError(f"its deployment type is {kind}: only SINGLE_MODEL deployments can be adopted")
    if deployment["lifecycle_state"] not in _ADOPTABLE:
        raise PaddockError(
            f"it is {deployment['lifecycle_state']}, expected {' or '.join(_ADOPTABLE)}: "
            "wait until it is, or mend it, then adopt it"
        )


def _logs(access: OciAccess, deployment: Mapping[str, Any]) -> tuple[FoundLog, ...]:
    details = {key: value for key, value in (deployment["category_log_details"] or {}).items() if value}
    if not details:
        return ()
    writers = _writers(access, deployment["compartment_id"])
    found = []
    for category in CATEGORIES:
        if category not in details:
            continue
        where = details[category]
        log = _read(access.logging().get_log, where["log_group_id"], where["log_id"])
        if log is not None:
            found.append(FoundLog(category, log, writers.count(where["log_id"]) <= 1))
    return tuple(found)


def _writers(access: OciAccess, compartment_id: str) -> list[str]:
    """The log of each category of each deployment in the compartment."""
    from oci.exceptions import RequestException, ServiceError
    from oci.pagination import list_call_get_all_results
    from oci.util import to_dict

    try:
        listed = list_call_get_all_results(access.data_science().list_model_deployments, compartment_id).data
    except (ServiceError, RequestException) as error:
        raise explain(error) from error
    return [
        where["log_id"]
        for one in map(to_dict, listed)
        if one["lifecycle_state"] != "DELETED"
        for where in (one["category_log_details"] or {}).values()
        if where
    ]


def _read(get: Any, *ids: str) -> dict[str, Any] | None:
    """One GET as plain values; None where the answer is 404."""
    from oci.exceptions import RequestException, ServiceError
    from oci.util import to_dict

    try:
        found: dict[str, Any] = to_dict(get(*ids).data)
    except ServiceError as error:
        if error.status == _NOT_FOUND:
            return None
        raise explain(error) from error
    except RequestException as error:
        raise explain(error) from error
    return found
