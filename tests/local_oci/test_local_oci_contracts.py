"""What holds for every kind alike: one table, one claim a test."""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from local_oci_cloud import Cloud, wait_until

from local_oci.operations import read_table
from local_oci.routes import ROUTES


@dataclass(frozen=True)
class Kind:
    """How one kind is made, found and changed, in plain HTTP."""

    name: str
    collection: Callable[[Cloud], str]
    body: Callable[[Cloud], dict[str, Any]]
    listed_by: Callable[[Cloud], str]
    is_async: bool = False
    leaves_tombstone: bool = True
    settles: bool = False
    """Whether its state moves on by itself, after a creation and a deletion."""
    name_field: str = "displayName"
    sorted_by: str = "displayName"

    @property
    def service(self) -> str:
        """Oracle's word for the SDK's room."""
        services = {"logging": ("log", "log_group"), "monitoring": ("alarm",), "identity": ("policy", "dynamic_group")}
        return next((service for service, names in services.items() if self.name in names), "data_science")


def _project_body(cloud: Cloud) -> dict[str, Any]:
    return {"compartmentId": cloud.compartment, "displayName": f"p-{uuid.uuid4()}"}


def _model_body(cloud: Cloud) -> dict[str, Any]:
    return {"compartmentId": cloud.compartment, "projectId": cloud.project(), "displayName": f"m-{uuid.uuid4()}"}


def _named(cloud: Cloud) -> dict[str, Any]:
    return {"compartmentId": cloud.compartment, "displayName": f"g-{uuid.uuid4()}"}


def _in_project(cloud: Cloud, name_field: str = "displayName") -> dict[str, Any]:
    return {"compartmentId": cloud.compartment, "projectId": cloud.project(), name_field: f"v-{uuid.uuid4()}"}


def _model_group_body(cloud: Cloud) -> dict[str, Any]:
    body = _in_project(cloud)
    return {
        **body,
        "createType": "CREATE",
        "modelGroupDetails": {"type": "HOMOGENEOUS"},
        "memberModelEntries": {"memberModelDetails": [{"modelId": cloud.model(body["projectId"])}]},
    }


def _compute_target_body(cloud: Cloud) -> dict[str, Any]:
    instance = {"instanceShape": "VM.Standard.E4.Flex"}
    compute = {"computeType": "MANAGED_COMPUTE_CLUSTER", "instanceConfiguration": instance}
    return {**_named(cloud), "computeConfigurationDetails": compute}


def _private_endpoint_body(cloud: Cloud) -> dict[str, Any]:
    return {
        **_named(cloud),
        "subnetId": "ocid1.subnet.oc1.iad.one",
        "dataScienceResourceType": "MODEL_DEPLOYMENT",
    }


def _identity_body(cloud: Cloud, **fields: Any) -> dict[str, Any]:
    return {"compartmentId": cloud.compartment, "name": f"i-{uuid.uuid4()}", "description": "d", **fields}


def _alarm_body(cloud: Cloud) -> dict[str, Any]:
    return {
        **_named(cloud),
        "metricCompartmentId": cloud.compartment,
        "namespace": "house",
        "query": "t[1m].max() > 1",
        "severity": "INFO",
        "destinations": [],
        "isEnabled": True,
    }


def _in_compartment(cloud: Cloud) -> str:
    return f"compartmentId={cloud.compartment}&"


_groups: dict[str, str] = {}


def _logs(cloud: Cloud) -> str:
    if cloud.endpoint not in _groups:
        _groups[cloud.endpoint] = cloud.log_group(f"of logs {uuid.uuid4()}")
    return f"/20200531/logGroups/{_groups[cloud.endpoint]}/logs"


KINDS = [
    Kind(
        "project",
        lambda _: "/20190101/projects",
        _project_body,
        lambda cloud: f"compartmentId={cloud.compartment}&",
    ),
    Kind("model", lambda _: "/20190101/models", _model_body, lambda cloud: f"compartmentId={cloud.compartment}&"),
    Kind(
        "log_group",
        lambda _: "/20200531/logGroups",
        _named,
        lambda cloud: f"compartmentId={cloud.compartment}&",
        is_async=True,
        leaves_tombstone=False,
    ),
    Kind(
        "log",
        _logs,
        lambda _: {"displayName": f"l-{uuid.uuid4()}", "logType": "CUSTOM"},
        lambda _: "",
        is_async=True,
        leaves_tombstone=False,
    ),
    Kind(
        "model_version_set",
        lambda _: "/20190101/modelVersionSets",
        lambda cloud: _in_project(cloud, "name"),
        _in_compartment,
        name_field="name",
        sorted_by="name",
    ),
    Kind("model_group", lambda _: "/20190101/modelGroups", _model_group_body, _in_compartment),
    Kind("compute_target", lambda _: "/20190101/computeTargets", _compute_target_body, _in_compartment),
    Kind(
        "data_science_private_endpoint",
        lambda _: "/20190101/dataSciencePrivateEndpoints",
        _private_endpoint_body,
        _in_compartment,
        settles=True,
        sorted_by="",  # by time only
    ),
    Kind(
        "policy",
        lambda _: "/20160918/policies",
        lambda cloud: _identity_body(cloud, statements=["allow any-user to inspect tenancies in tenancy"]),
        _in_compartment,
        name_field="name",
        sorted_by="NAME",
    ),
    Kind(
        "dynamic_group",
        lambda _: "/20160918/dynamicGroups",
        lambda cloud: _identity_body(cloud, compartmentId=cloud.known.tenancy_ocid, matchingRule="resource.type = 'x'"),
        lambda cloud: f"compartmentId={cloud.known.tenancy_ocid}&",
        name_field="name",
        sorted_by="NAME",
    ),
    Kind("alarm", lambda _: "/20180401/alarms", _alarm_body, _in_compartment),
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def make(cloud: Cloud, kind: Kind, token: str | None = None, body: dict[str, Any] | None = None) -> requests.Response:
    headers = {"opc-retry-token": token} if token else {}
    return cloud.request("POST", kind.collection(cloud), json=body or kind.body(cloud), headers=headers)


def path_of(cloud: Cloud, kind: Kind, made: requests.Response) -> str:
    assert made.ok, made.text
    path = f"{kind.collection(cloud)}/{id_of(cloud, kind, made)}"
    if kind.settles:
        wait_for(cloud, path, "ACTIVE")
    return path


def wait_for(cloud: Cloud, path: str, state: str) -> None:
    wait_until(
        lambda: cloud.request("GET", path).json()["lifecycleState"] == state, timeout_s=10, what=f"{path} {state}"
    )


def delete(cloud: Cloud, kind: Kind, path: str) -> None:
    assert cloud.request("DELETE", path).ok
    if kind.settles:
        wait_for(cloud, path, "DELETED")


def id_of(cloud: Cloud, kind: Kind, made: requests.Response) -> str:
    if not kind.is_async:
        return str(made.json()["id"])
    request = cloud.request("GET", f"/20200531/workRequests/{made.headers['opc-work-request-id']}").json()
    return str(request["resources"][0]["identifier"])


@every_kind
def test_an_unsigned_request_gets_401(cloud: Cloud, kind: Kind) -> None:
    answer = cloud.request("GET", f"{kind.collection(cloud)}?{kind.listed_by(cloud)}", signed=False)

    assert (answer.status_code, answer.json()["code"]) == (401, "NotAuthenticated")


@every_kind
def test_a_body_that_differs_from_its_signature_gets_401_and_makes_nothing(cloud: Cloud, kind: Kind) -> None:
    body = kind.body(cloud)
    prepared = requests.Request("POST", cloud.endpoint + kind.collection(cloud), json=body, auth=cloud.signer).prepare()
    prepared.body = prepared.body.replace(b"-", b"_", 1) if isinstance(prepared.body, bytes) else None

    answer = cloud.session.send(prepared, timeout=30)

    listed = cloud.request("GET", f"{kind.collection(cloud)}?{kind.listed_by(cloud)}limit=1000").json()
    assert answer.status_code == 401
    assert body[kind.name_field].replace("-", "_", 1) not in [entry[kind.name_field] for entry in listed]


@every_kind
def test_what_is_made_is_shown_with_an_etag(cloud: Cloud, kind: Kind) -> None:
    body = kind.body(cloud)

    shown = cloud.request("GET", path_of(cloud, kind, make(cloud, kind, body=body)))

    assert shown.json()[kind.name_field] == body[kind.name_field]
    assert shown.headers["etag"]


@every_kind
def test_a_stale_etag_gets_412_and_changes_nothing(cloud: Cloud, kind: Kind) -> None:
    path = path_of(cloud, kind, make(cloud, kind))
    stale = cloud.request("GET", path).headers["etag"]
    assert cloud.request("PUT", path, json={"freeformTags": {"a": "1"}}, headers={"if-match": stale}).ok

    refused = cloud.request("PUT", path, json={"freeformTags": {"a": "2"}}, headers={"if-match": stale})

    assert (refused.status_code, refused.json()["code"]) == (412, "NoEtagMatch")
    assert cloud.request("GET", path).json()["freeformTags"] == {"a": "1"}


@every_kind
def test_a_stale_etag_deletes_nothing(cloud: Cloud, kind: Kind) -> None:
    path = path_of(cloud, kind, make(cloud, kind))

    refused = cloud.request("DELETE", path, headers={"if-match": "another"})

    assert refused.status_code == 412
    assert cloud.request("GET", path).json()["lifecycleState"] == "ACTIVE"


@every_kind
def test_what_is_shown_and_listed_has_oracles_fields_and_no_other(cloud: Cloud, kind: Kind) -> None:
    path = path_of(cloud, kind, make(cloud, kind))
    described = importlib.import_module(f"oci.{kind.service}.models")
    name = "".join(word.capitalize() for word in kind.name.split("_"))

    shown = cloud.request("GET", path).json()
    listed = cloud.request("GET", f"{kind.collection(cloud)}?{kind.listed_by(cloud)}").json()[0]

    summary = getattr(described, f"{name}Summary", getattr(described, name))
    assert set(shown) - set(getattr(described, name)().attribute_map.values()) == set()
    assert set(listed) - set(summary().attribute_map.values()) == set()
    assert set(listed) <= set(shown)


@every_kind
def test_the_same_retry_token_gives_the_same_answer_and_makes_one(cloud: Cloud, kind: Kind) -> None:
    token, body = uuid.uuid4().hex, kind.body(cloud)

    first, second = make(cloud, kind, token, body), make(cloud, kind, token, body)

    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert id_of(cloud, kind, first) == id_of(cloud, kind, second)


@every_kind
def test_a_retry_token_with_another_body_gets_409(cloud: Cloud, kind: Kind) -> None:
    token = uuid.uuid4().hex
    assert make(cloud, kind, token).ok

    refused = make(cloud, kind, token)

    assert (refused.status_code, refused.json()["code"]) == (409, "InvalidatedRetryToken")


@every_kind
def test_a_retry_token_of_something_deleted_gets_409(cloud: Cloud, kind: Kind) -> None:
    token, body = uuid.uuid4().hex, kind.body(cloud)
    delete(cloud, kind, path_of(cloud, kind, make(cloud, kind, token, body)))

    refused = make(cloud, kind, token, body)

    assert (refused.status_code, refused.json()["code"]) == (409, "InvalidatedRetryToken")


@every_kind
def test_a_list_comes_in_pages_each_entry_once(cloud: Cloud, kind: Kind) -> None:
    made = {id_of(cloud, kind, make(cloud, kind)) for _ in range(5)}
    found: list[str] = []
    page = ""
    while True:
        query = f"{kind.collection(cloud)}?{kind.listed_by(cloud)}limit=2{page}"
        answer = cloud.request("GET", query)
        assert len(answer.json()) <= 2
        found += [entry["id"] for entry in answer.json()]
        if "opc-next-page" not in answer.headers:
            break
        page = f"&page={answer.headers['opc-next-page']}"

    assert made <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.sorted_by], ids=lambda kind: kind.name)
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_a_list_is_sorted_by_name_as_asked(cloud: Cloud, kind: Kind, order: str) -> None:
    for _ in range(3):
        make(cloud, kind)

    query = f"{kind.collection(cloud)}?{kind.listed_by(cloud)}sortBy={kind.sorted_by}&sortOrder={order}&limit=1000"
    names = [entry[kind.name_field] for entry in cloud.request("GET", query).json()]

    assert names == sorted(names, reverse=order == "DESC")


@every_kind
def test_a_list_is_filtered_by_name(cloud: Cloud, kind: Kind) -> None:
    body = kind.body(cloud)
    made = id_of(cloud, kind, make(cloud, kind, body=body))

    query = f"{kind.collection(cloud)}?{kind.listed_by(cloud)}{kind.name_field}={body[kind.name_field]}"

    assert [entry["id"] for entry in cloud.request("GET", query).json()] == [made]


@every_kind
@pytest.mark.parametrize(
    "query", ["page=nonsense", "limit=0", "limit=x", "sortBy=colour", "sortOrder=UP", "colour=red"]
)
def test_a_query_that_means_nothing_gets_400(cloud: Cloud, kind: Kind, query: str) -> None:
    refused = cloud.request("GET", f"{kind.collection(cloud)}?{kind.listed_by(cloud)}{query}")

    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")
    assert query.partition("=")[0] in refused.json()["message"]


@every_kind
def test_a_page_of_another_question_gets_400(cloud: Cloud, kind: Kind) -> None:
    for _ in range(2):
        make(cloud, kind)
    here = f"{kind.collection(cloud)}?{kind.listed_by(cloud)}"
    token = cloud.request("GET", f"{here}limit=1").headers["opc-next-page"]

    refused = cloud.request("GET", f"{here}limit=1&sortOrder=ASC&page={token}")

    assert refused.status_code == 400


@every_kind
def test_every_problem_of_a_body_is_in_one_message(cloud: Cloud, kind: Kind) -> None:
    body = {**kind.body(cloud), "colour": "red", kind.name_field: 7, "freeformTags": {"a": 1}}

    refused = cloud.request("POST", kind.collection(cloud), json=body)

    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")
    for field in ("colour", kind.name_field, "freeformTags.a"):
        assert field in refused.json()["message"]


@every_kind
@pytest.mark.parametrize("body", [b"{", b"[]", b'{"displayName": NaN}', b'{"displayName": "\\ud800"}', b"\xff"])
def test_what_is_no_json_object_gets_400(cloud: Cloud, kind: Kind, body: bytes) -> None:
    refused = cloud.request("POST", kind.collection(cloud), data=body, headers={"content-type": "application/json"})

    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")


@every_kind
def test_a_body_over_a_megabyte_gets_413(cloud: Cloud, kind: Kind) -> None:
    refused = cloud.request("POST", kind.collection(cloud), json={**kind.body(cloud), "description": "x" * 1_100_000})

    assert (refused.status_code, refused.json()["code"]) == (413, "PayloadTooLarge")


@every_kind
def test_what_is_not_there_gets_404(cloud: Cloud, kind: Kind) -> None:
    missing = cloud.request("GET", f"{kind.collection(cloud)}/ocid1.none.oc1.iad.aaaa")

    assert (missing.status_code, missing.json()["code"]) == (404, "NotAuthorizedOrNotFound")


@every_kind
def test_another_method_gets_405(cloud: Cloud, kind: Kind) -> None:
    refused = cloud.request("PATCH", kind.collection(cloud), json={})

    assert (refused.status_code, refused.json()["code"]) == (405, "MethodNotAllowed")


@every_kind
def test_a_deleted_one_is_not_listed_and_leaves_what_oracle_leaves(cloud: Cloud, kind: Kind) -> None:
    path = path_of(cloud, kind, make(cloud, kind))
    delete(cloud, kind, path)

    shown = cloud.request("GET", path)

    listed = cloud.request("GET", f"{kind.collection(cloud)}?{kind.listed_by(cloud)}limit=1000").json()
    assert path.rpartition("/")[2] not in [entry["id"] for entry in listed]
    if kind.leaves_tombstone:
        assert (shown.status_code, shown.json()["lifecycleState"]) == (200, "DELETED")
    else:
        assert (shown.status_code, shown.json()["code"]) == (404, "NotFound")
    assert cloud.request("DELETE", path).status_code == 404


@every_kind
def test_an_unknown_compartment_or_parent_gets_404(cloud: Cloud, kind: Kind) -> None:
    body = {**kind.body(cloud), "compartmentId": "ocid1.compartment.oc1..other"}
    collection = kind.collection(cloud)
    if kind.name == "log":
        body.pop("compartmentId")
        collection = "/20200531/logGroups/ocid1.loggroup.oc1.iad.none/logs"

    refused = cloud.request("POST", collection, json=body)

    assert refused.status_code == 404


def test_the_clients_request_id_comes_back(cloud: Cloud) -> None:
    answer = cloud.request("GET", "/20160918/regions", headers={"opc-request-id": "mine/1"})

    assert answer.headers["opc-request-id"] == "mine/1"


@pytest.mark.parametrize("path", ["/20190101/projects/x", "/_paddock/status", "/nowhere"])
def test_every_answer_has_a_request_id(cloud: Cloud, path: str) -> None:
    assert cloud.request("GET", path, signed=False).headers["opc-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("GET", "/20190101/notebookSessions?compartmentId=x", "list_notebook_sessions"),
        ("POST", "/20190101/jobs", "create_job"),
        ("GET", "/20170115/loadBalancers", "list_load_balancers"),
        ("GET", "/20160918/groups", "list_groups"),
        ("GET", "/20990101/anything", "GET /20990101/anything"),
    ],
)
def test_an_operation_that_is_not_emulated_gets_501_by_its_name(
    cloud: Cloud, method: str, path: str, named: str
) -> None:
    refused = cloud.request(method, path, json={} if method == "POST" else None)

    assert (refused.status_code, refused.json()["code"]) == (501, "NotImplemented")
    assert named in refused.json()["message"]


def test_every_route_is_an_operation_of_oracle(cloud: Cloud) -> None:
    table = read_table()

    assert all(table.named(service, name) for service, name in ROUTES)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "[::2]:80"])
@pytest.mark.parametrize("path", ["/_paddock/status", "/20190101/projects"])
def test_a_host_that_is_not_loopback_gets_403(cloud: Cloud, host: str, path: str) -> None:
    refused = cloud.request("GET", path, signed=False, headers={"host": host})

    assert refused.status_code in (400, 403)  # an empty Host is no HTTP/1.1, says the server
    assert "dataDir" not in refused.text


def test_the_status_needs_no_signature_and_says_who_serves_what(cloud: Cloud) -> None:
    told = cloud.request("GET", "/_paddock/status", signed=False).json()

    assert told["pid"] == cloud.pid
    assert told["dataDir"] == str(cloud.data_dir)
