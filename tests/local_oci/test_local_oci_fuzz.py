"""Random requests, rightly signed: each is answered, none with a 500."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_oci_cloud import Cloud

from local_oci import validation
from local_oci.operations import read_table
from local_oci.routes import ROUTES

TABLE = read_table()
OPERATIONS = sorted(ROUTES)
ODD = ("", "x", "ocid1.x.oc1..y", "..", "%2F..%2F", "é", "\0", "0", "-1", "9" * 30, "ASC", "null")
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def bodies(draw: st.DrawFn, service: str, model: str, depth: int = 0) -> Any:
    """Mostly what the model asks for, sometimes anything."""
    described = validation.model(service, model)
    body: dict[str, Any] = {}
    for name, field in described.fields.items():
        if field.is_required or draw(st.booleans()):
            body[name] = draw(values_of(service, field, depth))
    if draw(st.integers(0, 9)) == 0:
        body[draw(st.text(max_size=9))] = draw(VALUES)
    return body


def values_of(service: str, field: validation.Field, depth: int) -> st.SearchStrategy[Any]:
    if field.allowed:
        return st.sampled_from(field.allowed) | VALUES
    if field.type in ("int", "float"):
        return st.integers(-5, 200) | VALUES
    if field.type == "str":
        return st.sampled_from(ODD) | st.text(max_size=300)
    if field.type[0].isupper() and depth < 4:
        return bodies(service, field.type, depth + 1) | VALUES
    return VALUES


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_request_gets_a_500(cloud: Cloud, data: st.DataObject) -> None:
    service, name = data.draw(st.sampled_from(OPERATIONS))
    operation, route = TABLE.named(service, name), ROUTES[service, name]
    real = data.draw(st.booleans())
    path = operation.path
    while "{" in path:
        begin, _, rest = path.partition("{")
        value = (
            made_once(cloud, rest.partition("}")[0])
            if real
            else data.draw(st.sampled_from(("x", "é", "%2e%2e", "a b")))
        )
        path = f"{begin}{value}{rest.partition('}')[2]}"
    query = {key: data.draw(st.sampled_from((*ODD, cloud.compartment))) for key in sorted(operation.query)[:3]}
    body = data.draw(bodies(service, route.details)) if route.details else None
    if isinstance(body, dict) and data.draw(st.booleans()):
        body |= {"compartmentId": cloud.compartment} if "compartmentId" in body else {}

    if route.upload or name.startswith("delete_"):
        return
    answer = cloud.request(operation.method, path, params=query, json=body)

    assert answer.status_code != 500, answer.text
    assert answer.headers["opc-request-id"]


_made: dict[tuple[str, str], str] = {}


def made_once(cloud: Cloud, parameter: str) -> str:
    key = (cloud.endpoint, parameter)
    if key not in _made:
        match parameter:
            case "projectId":
                _made[key] = cloud.project()
            case "modelId":
                _made[key] = cloud.model(cloud.project())
            case "logGroupId":
                _made[key] = cloud.log_group("of a fuzz")
            case "logId":
                _made[key] = cloud.log(made_once(cloud, "logGroupId"), "of a fuzz")
            case _:
                _made[key] = "ocid1.other.oc1.iad.x"
    return _made[key]
