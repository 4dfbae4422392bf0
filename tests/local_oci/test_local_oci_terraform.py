"""The calls of Terraform's provider, which is inside the official plugin, in its order, for kinds without a recording.

From the provider's resources (OCI.md 3 and its Go code): create, wait, read, update, wait, read, delete, wait. It waits
on a work request until that is finished and has a resource of the entity type and action that it looks for.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import oci
import pytest
import requests
from local_oci_cloud import DOUBLES, Cloud, wait_until, zip_of

Json = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One resource of the provider: what it sends, and which work requests it waits for."""

    name: str
    collection: str
    body: Callable[[Cloud], Json]
    update: Json
    model: str
    entity_type: str = ""
    waits_on: tuple[str, ...] = ()
    """Of CREATED, UPDATED and DELETED, those where it waits on the work request before it reads."""


def in_project(cloud: Cloud, **fields: Any) -> Json:
    return {"compartmentId": cloud.compartment, "projectId": cloud.project(), **fields}


def group_body(cloud: Cloud) -> Json:
    body = in_project(cloud, createType="CREATE", modelGroupDetails={"type": "HOMOGENEOUS"})
    return {**body, "memberModelEntries": {"memberModelDetails": [{"modelId": cloud.model(body["projectId"])}]}}


def alarm_body(cloud: Cloud) -> Json:
    return {
        "compartmentId": cloud.compartment,
        "displayName": "errors",
        "metricCompartmentId": cloud.compartment,
        "namespace": "oci_datascience_modeldeploy",
        "query": 'PredictResponse[1m]{result = "Fail"}.sum() > 5',
        "severity": "CRITICAL",
        "destinations": ["ocid1.onstopic.oc1.iad.one"],
        "isEnabled": True,
        "pendingDuration": "PT5M",
        "messageFormat": "ONS_OPTIMIZED",
        "repeatNotificationDuration": "PT2H",
        "suppression": {"timeSuppressFrom": "2030-01-01T00:00:00Z", "timeSuppressUntil": "2030-01-02T00:00:00Z"},
    }


DESCRIBED = {"description": "changed", "freeformTags": {"team": "a"}}
KINDS = [
    Kind(
        "model_version_set",
        "/20190101/modelVersionSets",
        lambda cloud: in_project(cloud, name=f"v-{uuid.uuid4()}"),
        DESCRIBED,
        "data_science.ModelVersionSet",
        "modelversionset",
        ("DELETED",),
    ),
    Kind(
        "model_group",
        "/20190101/modelGroups",
        group_body,
        {**DESCRIBED, "versionLabel": "two"},
        "data_science.ModelGroup",
        "model-group",
        ("CREATED", "DELETED"),
    ),
    Kind(
        "private_endpoint",
        "/20190101/dataSciencePrivateEndpoints",
        lambda cloud: {
            "compartmentId": cloud.compartment,
            "subnetId": "ocid1.subnet.oc1.iad.one",
            "dataScienceResourceType": "MODEL_DEPLOYMENT",
        },
        DESCRIBED,
        "data_science.DataSciencePrivateEndpoint",
    ),
    Kind(
        "dynamic_group",
        "/20160918/dynamicGroups",
        lambda cloud: {
            "compartmentId": cloud.known.tenancy_ocid,
            "name": f"g-{uuid.uuid4()}",
            "description": "d",
            "matchingRule": "ALL {resource.type = 'datasciencemodeldeployment'}",
        },
        {**DESCRIBED, "matchingRule": "resource.type = 'x'"},
        "identity.DynamicGroup",
    ),
    Kind(
        "policy",
        "/20160918/policies",
        lambda cloud: {
            "compartmentId": cloud.compartment,
            "name": f"p-{uuid.uuid4()}",
            "description": "d",
            "statements": ["Allow dynamic-group models to read buckets in compartment local"],
            "versionDate": "2024-01-01",
        },
        {**DESCRIBED, "statements": ["Allow any-user to inspect tenancies in tenancy"], "versionDate": "2025-01-01"},
        "identity.Policy",
    ),
    Kind(
        "alarm",
        "/20180401/alarms",
        alarm_body,
        {"displayName": "more errors", "isEnabled": False, "body": "look", "freeformTags": {"team": "a"}},
        "monitoring.Alarm",
    ),
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def waited(cloud: Cloud, kind: Kind, answer: requests.Response, action: str) -> str:
    """The identifier that the provider reads from the finished work request."""
    path = f"/20190101/workRequests/{answer.headers['opc-work-request-id']}"
    request = wait_until(
        lambda: (found := cloud.request("GET", path).json())["timeFinished"] and found, timeout_s=10, what=path
    )
    assert request["status"] == "SUCCEEDED"
    for resource in request["resources"]:
        if kind.entity_type in resource["entityType"].lower() and resource["actionType"] == action:
            return str(resource["identifier"])
    pytest.fail(f"no {kind.entity_type} {action} in {request['resources']}")


def settled(cloud: Cloud, path: str, pending: str, *targets: str) -> Json:
    """Read until one of the target states; any other state but the pending one is an error to the provider."""
    seen: Json = {}

    def is_there() -> bool:
        answer = cloud.request("GET", path)
        assert answer.ok, answer.text
        seen.update(answer.json())
        assert seen["lifecycleState"] in (pending, *targets)
        return seen["lifecycleState"] in targets

    wait_until(is_there, timeout_s=10, what=f"{path} in {targets}")
    return seen


def without_what_time_changes(shown: Json) -> Json:
    return {name: value for name, value in shown.items() if name != "timeUpdated"}


@every_kind
def test_what_the_provider_sends_is_kept_and_read_again_unchanged(cloud: Cloud, kind: Kind) -> None:
    body = kind.body(cloud)
    created = cloud.request("POST", kind.collection, json=body, headers={"opc-retry-token": uuid.uuid4().hex})
    assert created.status_code == 200, created.text
    found = waited(cloud, kind, created, "CREATED") if "CREATED" in kind.waits_on else created.json()["id"]
    path = f"{kind.collection}/{found}"
    made = settled(cloud, path, "CREATING", "ACTIVE")
    again = cloud.request("GET", path).json()
    updated = cloud.request("PUT", path, json=kind.update)
    assert updated.status_code == 200, updated.text
    changed = settled(cloud, path, "UPDATING", "ACTIVE")
    deleted = cloud.request("DELETE", path)
    assert deleted.status_code in (202, 204), deleted.text
    if "DELETED" in kind.waits_on:
        waited(cloud, kind, deleted, "DELETED")
    gone = settled(cloud, path, "DELETING", "DELETED")

    assert created.json()["id"] == found
    assert {name: made[name] for name in sent_and_shown(body, made)} == sent_and_shown(body, made)
    assert again == made
    assert {name: changed[name] for name in kind.update} == kind.update
    assert without_what_time_changes(updated.json()) == without_what_time_changes(changed)
    assert gone["id"] == found


def sent_and_shown(body: Json, shown: Json) -> Json:
    return {name: value for name, value in body.items() if name in shown}


@every_kind
def test_every_field_that_oracle_requires_of_an_answer_is_there(cloud: Cloud, kind: Kind) -> None:
    created = cloud.request("POST", kind.collection, json=kind.body(cloud))
    service, _, name = kind.model.partition(".")
    described = getattr(getattr(oci, service).models, name)

    shown = settled(cloud, f"{kind.collection}/{created.json()['id']}", "CREATING", "ACTIVE")

    required = {
        wire
        for attribute, wire in described().attribute_map.items()
        if "**[Required]**" in (getattr(described, attribute).fget.__doc__ or "")
    }
    assert {name for name in required if shown.get(name) is None} == set()
    assert set(shown) <= set(described().attribute_map.values())


def test_each_update_of_a_model_deactivates_it_first_also_while_a_deployment_serves_it(cloud: Cloud) -> None:
    project = cloud.project()
    model = cloud.model(project, zip_of(score=DOUBLES))
    deployment = cloud.deploy(project, model).resources[0].identifier
    path = f"/20190101/models/{model}"

    answers = [cloud.request("POST", f"{path}/actions/deactivate")]
    settled(cloud, path, "ACTIVE", "INACTIVE")
    answers.append(cloud.request("PUT", path, json={"displayName": "renamed", "versionLabel": "two"}))
    answers.append(cloud.request("POST", f"{path}/actions/activate"))
    shown = settled(cloud, path, "INACTIVE", "ACTIVE")

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (shown["displayName"], shown["versionLabel"]) == ("renamed", "two")
    assert cloud.predict(deployment, [1]).json() == {"prediction": [2]}
    cloud.delete_deployment(deployment)


def test_a_declared_metadatum_has_an_artifact_when_there_is_one(cloud: Cloud) -> None:
    readme, other = {"key": "readme", "hasArtifact": True}, {"key": "other", "value": "v"}
    body = in_project(cloud, definedMetadataList=[readme], customMetadataList=[other])
    model = cloud.request("POST", "/20190101/models", json=body).json()
    path = f"/20190101/models/{model['id']}"
    artifact = f"{path}/definedMetadata/readme/artifact"
    headers = cloud.upload_headers(artifact)

    uploaded = cloud.request("POST", artifact, signed=False, data=b"# Read me", headers=headers)

    shown = cloud.request("GET", path).json()
    assert model["definedMetadataList"] == [{**readme, "hasArtifact": False}]
    assert uploaded.status_code == 204
    assert shown["definedMetadataList"] == [readme]
    assert shown["customMetadataList"] == [other]
