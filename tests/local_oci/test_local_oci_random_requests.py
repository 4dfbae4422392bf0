"""Random requests over Oracle's models and all routes, rightly signed, many at once: none hangs, none gets a 500.

A bounded share runs every day; `PADDOCK_TEST_REQUESTS=20000` (or more) makes it a long run.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from asgi_cloud import AsgiCloud, Request, Response, asgi_cloud
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from local_oci import validation
from local_oci.operations import read_table
from local_oci.routes import ROUTES

REQUESTS = int(os.environ.get("PADDOCK_TEST_REQUESTS", "2000"))
A_LONG_RUN = 10_000
AT_ONCE = 8
TABLE = read_table()
OPERATIONS = sorted(ROUTES)
ODD = (
    "",
    "x",
    "ocid1.x.oc1..y",
    "..",
    "../..",
    "é",
    "\0",
    "\r\n",
    "0",
    "-1",
    "9" * 30,
    "ASC",
    "null",
    "a/b",
    "'\"`;--",
)
TEXT = st.sampled_from(ODD) | st.text(max_size=40)
NUMBERS = st.integers(-3, 300) | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
DEEPEST = 4
QUERIES = (
    'search "{c}" | sort by datetime desc',
    "query modeldeployment resources where displayName = 'x'",
    "CpuUtilization[1m].mean()",
    "(" * 500,
    "a " * 5000,
    "'" * 3000,
)


class Pool:
    """Identifiers that the cloud gave out: requests refer to them by number, so that they mean something."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def take(self, request: Request, answer: Response) -> None:
        """An object's bytes may be called JSON, and be none."""
        is_content = request.method == "HEAD" or "/o/" in request.target or request.form == "s3"
        if "json" in answer.headers.get("content-type", "") and not is_content and len(self.ids) < 3000:
            self._collect(answer.json())

    def _collect(self, value: Any) -> None:
        for entry in value if isinstance(value, list) else [value]:
            found = entry.get("id") if isinstance(entry, dict) else None
            if isinstance(found, str) and found not in self.ids:
                self.ids.append(found)

    def fill(self, text: str, compartment: str) -> str:
        """`{c}` is the compartment, `{17}` the 17th identifier (counted round)."""
        text = text.replace("{c}", compartment)
        for number in range(20):
            text = text.replace(f"{{{number}}}", self.ids[-1 - number % len(self.ids)] if self.ids else "none")
        return text


REFERENCES = st.integers(0, 19).map("{{{}}}".format) | st.just("{c}")
STRINGS = REFERENCES | TEXT | st.sampled_from(QUERIES)


def values_of(service: str, type_name: str, allowed: tuple[str, ...], depth: int) -> st.SearchStrategy[Any]:
    """Mostly what a field asks for."""
    if allowed:
        return st.sampled_from(allowed)
    if type_name.startswith("list["):
        return st.lists(values_of(service, type_name[5:-1], (), depth + 1), max_size=3)
    if type_name.startswith("dict(str, "):
        return st.dictionaries(STRINGS, values_of(service, type_name[10:-1], (), depth + 1), max_size=3)
    plain: dict[str, st.SearchStrategy[Any]] = {
        "str": STRINGS,
        "int": st.integers(-2, 200),
        "float": NUMBERS,
        "bool": st.booleans(),
        "datetime": st.sampled_from(
            ("2026-01-01T00:00:00Z", "2026-01-01", "9999-12-31T23:59:59.999999+14:00", "0001-01-01T00:00:00-14:00")
        ),
        "object": ANYTHING,
    }
    if type_name in plain:
        return plain[type_name]
    return bodies(service, type_name, depth + 1) if depth < DEEPEST else st.just({})


@st.composite
def bodies(draw: st.DrawFn, service: str, model: str, depth: int = 0) -> Any:
    """What a model asks for; now and then a field of another kind, or one too many."""
    kinds = [model, *subtypes(service, model)]
    described = validation.model(service, draw(st.sampled_from(kinds)))
    body: dict[str, Any] = {}
    for name, field in described.fields.items():
        if field.is_required or draw(st.integers(0, 2)) == 0:
            odd = draw(st.integers(0, 40)) == 0
            body[name] = draw(ANYTHING if odd else values_of(service, field.type, field.allowed, depth))
    if "compartmentId" in body and draw(st.integers(0, 9)):
        body["compartmentId"] = "{c}"
    if draw(st.integers(0, 30)) == 0:
        body[draw(TEXT)] = draw(ANYTHING)
    return body


def subtypes(service: str, model: str) -> list[str]:
    import importlib

    module = importlib.import_module(f"oci.{service}.models")
    base = getattr(module, model)
    return sorted(
        name
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, base) and kind is not base
    )


SEGMENTS = REFERENCES | TEXT
HEADERS = st.dictionaries(
    st.sampled_from(
        ("if-match", "if-none-match", "opc-retry-token", "opc-request-id", "range", "content-type", "content-md5",
         "content-disposition", "opc-meta-x", "opc-meta-é", "expect", "opc-client-request-id", "x-content-sha256-x")
    ),
    st.sampled_from(("", "*", '"x"', "bytes=0-1", "bytes=9-1,-5", "é", "a" * 300, "attachment; filename=../x", "=")),
    max_size=3,
)  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A request with references in it. `path`: literal parts and values by turns."""

    method: str
    path: tuple[str, ...]
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]
    form: str = "oci"

    def filled(self, pool: Pool, compartment: str) -> Request:
        """With identifiers in the place of references, and everything encoded as HTTP wants it."""
        parts = [
            quote(pool.fill(part, compartment), safe="") if index % 2 else part for index, part in enumerate(self.path)
        ]
        query = {name: pool.fill(value, compartment) for name, value in self.query.items()}
        target = "".join(parts) + (f"?{urlencode(query)}" if query else "")
        body = self.body
        if body[:1] == b"{":
            body = pool.fill(body.decode("latin-1"), compartment).encode("latin-1")
        return Request(self.method, target, body, self.headers, self.form)


@st.composite
def oci_requests(draw: st.DrawFn) -> Draft:
    service, name = draw(st.sampled_from(OPERATIONS))
    operation, route = TABLE.named(service, name), ROUTES[service, name]
    path = list(re.split(r"\{(.*?)\}", operation.path))
    for index in range(1, len(path), 2):
        known = {"namespaceName": "paddock", "bucketName": "b"}.get(path[index], "") if draw(st.integers(0, 9)) else ""
        path[index] = known or draw(SEGMENTS)
    query = {key: draw(STRINGS) for key in sorted(operation.query) if draw(st.integers(0, 7)) == 0}
    query |= {key: "{c}" for key in operation.required if key == "compartmentId"}
    for key, allowed in operation.allowed.items():
        if key in query and draw(st.booleans()):
            query[key] = draw(st.sampled_from(allowed))
    body = b""
    if route.details:
        body = json.dumps(draw(bodies(service, route.details))).encode()
    elif route.upload or draw(st.integers(0, 20)) == 0:
        body = draw(st.binary(max_size=300))
    return Draft(operation.method, tuple(path), query, body, draw(HEADERS))


@st.composite
def s3_requests(draw: st.DrawFn) -> Draft:
    method = draw(st.sampled_from(("GET", "PUT", "HEAD", "DELETE", "POST")))
    path = "/" + draw(st.sampled_from(("", "b", "b/o", "b/o%2F..%2Fx", "B_", "b/%00", "no/such")))
    words = ("uploads", "uploadId", "partNumber", "prefix", "delimiter", "max-keys", "list-type", "location", "delete",
             "start-after", "continuation-token", "marker", "encoding-type", "acl")  # fmt: skip
    query = {word: draw(STRINGS) for word in words if draw(st.integers(0, 6)) == 0}
    xml = st.sampled_from((b"", b"<a/>", b"<Delete><Object><Key>o</Key></Object></Delete>", b"<!DOCTYPE a>",
                           b"\xff\xfe<\0",
                           b"<C><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></C>"))  # fmt: skip
    names = ("x-amz-copy-source", "x-amz-metadata-directive", "x-amz-meta-x", "content-type", "range", "if-match")
    values = ("/b/o", "b/%6f", "REPLACE", "é", "bytes=0-0", "*", "")
    headers = draw(st.dictionaries(st.sampled_from(names), st.sampled_from(values), max_size=3))
    return Draft(method, (path,), query, draw(xml | st.binary(max_size=50)), headers, form="s3")


REQUEST = st.integers(0, 6).flatmap(lambda number: s3_requests() if number == 0 else oci_requests())


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsgiCloud]:
    with asgi_cloud(tmp_path_factory.mktemp("fuzz")) as running:
        yield running


def wrong(request: Request, answer: Response) -> str:
    """Why an answer is none that a client of OCI could get; "" where it is one."""
    if answer.status >= 500 and answer.status != 501:
        return f"status {answer.status}"
    if not (answer.headers.get("opc-request-id") or answer.headers.get("x-amz-request-id")):
        return "no request id"
    if answer.status >= 400 and request.form == "oci" and request.method != "HEAD":
        return "" if {"code", "message"} <= answer.json().keys() else "no error of OCI's form"
    return ""


@pytest.mark.timeout(3600)
def test_no_request_hangs_or_gets_a_500(cloud: AsgiCloud) -> None:
    pool, seen, failures = Pool(), Counter[int](), []
    compartment = cloud.known.compartment_ocid
    loop = asyncio.new_event_loop()
    bucket = json.dumps({"name": "b", "compartmentId": compartment}).encode()
    assert loop.run_until_complete(cloud.ask(Request("POST", "/n/paddock/b", bucket))).status == 200

    @settings(
        max_examples=REQUESTS // AT_ONCE,
        deadline=None,
        database=None,
        derandomize=REQUESTS < A_LONG_RUN,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(REQUEST, min_size=AT_ONCE, max_size=AT_ONCE))
    def ask(drafts: list[Draft]) -> None:
        whole = [draft.filled(pool, compartment) for draft in drafts]
        for request, answer in zip(whole, loop.run_until_complete(cloud.ask_all(whole)), strict=True):
            seen[answer.status] += 1
            if reason := wrong(request, answer):
                failures.append((reason, request, answer))
            pool.take(request, answer)

    try:
        ask()
    finally:
        loop.close()
    assert not failures, failures[:5]
    assert seen[401] == 0, seen
    assert seen[200] > sum(seen.values()) // 20, seen
