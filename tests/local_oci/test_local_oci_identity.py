"""Identity's policies and dynamic groups: what OCI refuses of them."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from local_oci_cloud import Cloud

POLICIES, GROUPS = "/20160918/policies", "/20160918/dynamicGroups"
STATEMENT = "Allow dynamic-group models to manage data-science-family in compartment local"


def policy(cloud: Cloud, name: str, **fields: Any) -> requests.Response:
    body = {"compartmentId": cloud.compartment, "name": name, "description": "", "statements": [STATEMENT], **fields}
    return cloud.request("POST", POLICIES, json=body)


def test_a_dynamic_group_is_refused_outside_the_tenancys_root(cloud: Cloud) -> None:
    body = {"name": "models", "description": "d", "matchingRule": "ALL {resource.type = 'datasciencemodeldeployment'}"}

    refused = cloud.request("POST", GROUPS, json={**body, "compartmentId": cloud.compartment})
    made = cloud.request("POST", GROUPS, json={**body, "compartmentId": cloud.known.tenancy_ocid})

    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")
    assert f"compartmentId: a dynamic group must be in the tenancy's root {cloud.known.tenancy_ocid}" in refused.text
    assert made.json()["lifecycleState"] == "ACTIVE"


def test_a_policys_name_is_unique_in_the_whole_tenancy_until_it_is_deleted(cloud: Cloud) -> None:
    first = policy(cloud, "one")

    refused = policy(cloud, "one", compartmentId=cloud.known.tenancy_ocid)

    assert (refused.status_code, refused.json()["code"]) == (409, "NotAuthorizedOrResourceAlreadyExists")
    assert first.json()["id"] in refused.json()["message"]
    assert cloud.request("DELETE", f"{POLICIES}/{first.json()['id']}").status_code == 204
    assert policy(cloud, "one", compartmentId=cloud.known.tenancy_ocid).ok


@pytest.mark.parametrize("statement", ["permit any-user to read all-resources in tenancy", "", "  "])
def test_a_statement_that_begins_with_no_verb_of_policies_is_refused_by_its_place(cloud: Cloud, statement: str) -> None:
    made = policy(cloud, f"verbs of {statement!r}").json()["id"]

    refusals = (
        policy(cloud, "another", statements=[STATEMENT, statement]),
        cloud.request("PUT", f"{POLICIES}/{made}", json={"statements": [STATEMENT, statement]}),
    )

    for refused in refusals:
        assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")
        assert "statements[1]: must begin with one of allow" in refused.json()["message"]
    assert cloud.request("GET", f"{POLICIES}/{made}").json()["statements"] == [STATEMENT]
