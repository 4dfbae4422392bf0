"""Requests of an attacker on the same machine: unsigned, replayed, stale, oversized, under other names."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import time
from email.utils import formatdate
from pathlib import Path

import oci
import psutil
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from local_oci_cloud import Cloud, zip_of

from local_oci import archive
from local_oci.archive import ArchiveRefused
from local_oci.errors import InvalidParameter
from local_oci.http_protocol import LARGEST_HEAD_BYTES
from local_oci.request_body import DEEPEST_JSON
from local_oci.s3 import documents

PROJECTS = "/20190101/projects"


def prepared(cloud: Cloud, method: str, path: str, **options: object) -> requests.PreparedRequest:
    return requests.Request(method, cloud.endpoint + path, auth=cloud.signer, **options).prepare()


def project_body(cloud: Cloud, name: str) -> dict[str, str]:
    return {"compartmentId": cloud.compartment, "displayName": name}


def names(cloud: Cloud) -> set[str]:
    query = {"compartmentId": cloud.compartment, "limit": "1000"}
    return {entry["displayName"] for entry in cloud.request("GET", PROJECTS, params=query).json()}


def signed_get(cloud: Cloud, *, seconds_off: float = 0, covered: str = "date (request-target) host") -> dict[str, str]:
    """Headers for GET of the projects, signed by hand."""
    target = f"{PROJECTS}?compartmentId={cloud.compartment}"
    headers = {
        "date": formatdate(time.time() + seconds_off, usegmt=True),
        "host": cloud.endpoint.removeprefix("http://"),
    }
    values = {"(request-target)": f"get {target}", **headers}
    text = "\n".join(f"{name}: {values[name]}" for name in covered.split())
    key = cloud.signer.private_key
    signature = base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()
    parts = {"algorithm": "rsa-sha256", "headers": covered, "keyId": cloud.known.key_id, "signature": signature}
    return {**headers, "authorization": "Signature " + ",".join(f'{name}="{value}"' for name, value in parts.items())}


def get_projects(cloud: Cloud, headers: dict[str, str]) -> requests.Response:
    return cloud.session.get(
        f"{cloud.endpoint}{PROJECTS}?compartmentId={cloud.compartment}", headers=headers, timeout=30
    )


@pytest.mark.parametrize(("seconds_off", "status"), [(-290, 200), (290, 200), (-310, 401), (310, 401), (86400, 401)])
def test_a_date_is_taken_within_five_minutes(cloud: Cloud, seconds_off: float, status: int) -> None:
    assert get_projects(cloud, signed_get(cloud, seconds_off=seconds_off)).status_code == status


@pytest.mark.parametrize("covered", ["date (request-target)", "date host", "(request-target) host"])
def test_a_signature_that_covers_too_little_gets_401(cloud: Cloud, covered: str) -> None:
    assert get_projects(cloud, signed_get(cloud, covered=covered)).status_code == 401


@pytest.mark.parametrize("header", ["host", "date"])
def test_a_signed_header_that_is_changed_on_the_way_gets_401(cloud: Cloud, header: str) -> None:
    headers = signed_get(cloud)
    headers[header] = {"host": "localhost:1", "date": formatdate(usegmt=True).replace("GMT", "+0000")}[header]

    assert get_projects(cloud, headers).status_code == 401


def test_another_key_under_the_same_key_id_gets_401(cloud: Cloud, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "other.pem").write_bytes(pem + b"OCI_API_KEY\n")
    other = oci.signer.Signer(
        cloud.config["tenancy"], cloud.config["user"], cloud.config["fingerprint"], str(tmp_path / "other.pem")
    )

    answer = cloud.session.get(f"{cloud.endpoint}{PROJECTS}", auth=other, timeout=30)

    assert (answer.status_code, answer.json()["code"]) == (401, "NotAuthenticated")


@pytest.mark.parametrize("change", ["path", "query", "method", "no body", "other body", "other body and digest"])
def test_a_signed_body_is_of_no_use_for_another_request(cloud: Cloud, change: str) -> None:
    name = f"replayed with another {change}"
    request = prepared(cloud, "POST", PROJECTS, json=project_body(cloud, "the original"))
    other = json.dumps(project_body(cloud, name)).encode()
    match change:
        case "path":
            request.url = f"{cloud.endpoint}/20200531/logGroups"
        case "query":
            request.url = f"{cloud.endpoint}{PROJECTS}?x=y"
        case "method":
            request.method = "PUT"
        case "no body":
            request.body, request.headers["content-length"] = b"", "0"
        case _:
            request.body, request.headers["content-length"] = other, str(len(other))
    if change == "other body and digest":
        request.headers["x-content-sha256"] = base64.b64encode(hashlib.sha256(other).digest()).decode()

    answer = cloud.session.send(request, timeout=30)

    assert (answer.status_code, answer.json()["code"]) == (401, "NotAuthenticated")
    assert not {name, "the original"} & names(cloud)


def test_an_upload_with_the_digest_of_other_bytes_gets_401_and_leaves_nothing(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())
    path = f"/20190101/models/{model}/artifact"
    digest = base64.b64encode(hashlib.sha256(b"other").digest()).decode()

    headers = {**cloud.upload_headers(path), "x-content-sha256": digest}
    answer = cloud.request("POST", path, signed=False, data=b"bytes", headers=headers)

    assert answer.status_code == 401
    assert not list((cloud.data_dir / "artifacts" / model).iterdir())


def test_a_name_given_to_an_artifact_never_becomes_a_path(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())
    cloud.science.create_model_artifact(model, b"x", content_disposition="attachment; filename=../../../../evil")

    (stored,) = (cloud.data_dir / "artifacts" / model).iterdir()

    assert stored.name.endswith(".zip")
    assert "evil" not in stored.name


def said(cloud: Cloud, *parts: bytes) -> bytes:
    """What the server says to raw bytes, up to its close or the end of the first head; b"" for a reset."""
    host, _, port = cloud.endpoint.removeprefix("http://").partition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while b"\r\n\r\n" not in answer and (came := connection.recv(65536)):
                answer += came
        except ConnectionError:
            return answer
    return answer


STATUS = b"GET /_paddock/status HTTP/1.1\r\nhost: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    "parts",
    [
        [STATUS + b"x: " + b"a" * (LARGEST_HEAD_BYTES + 1) + b"\r\n\r\n"],
        [STATUS + b"".join(b"x%d: y\r\n" % number for number in range(20_000)) + b"\r\n"],
        [b"GET /" + b"a" * (LARGEST_HEAD_BYTES + 1) + b" HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"],
        [STATUS + b"x: ", *[b"a" * 65536] * 100],  # without an end
    ],
    ids=["one header", "many headers", "path", "endless"],
)
def test_a_head_over_the_bound_is_refused_and_not_read_on(cloud: Cloud, parts: list[bytes]) -> None:
    answer = said(cloud, *parts)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")  # a reset may overtake the answer
    assert b"dataDir" not in answer


@pytest.mark.parametrize("twice", [b"host: evil.example", b"authorization: x", b"date: x", b"content-length: 3"])
def test_a_header_that_says_who_asks_for_what_may_be_there_once(cloud: Cloud, twice: bytes) -> None:
    head = STATUS + b"authorization: y\r\ndate: y\r\ncontent-length: 0\r\n" + twice + b"\r\n\r\n"

    assert said(cloud, head).startswith(b"HTTP/1.1 400 ")


def test_a_body_in_chunks_gets_411_and_the_connection_is_closed(cloud: Cloud) -> None:
    head = f"POST {PROJECTS} HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n"

    answer = said(cloud, head.encode())

    assert answer.startswith(b"HTTP/1.1 411 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize("opened", ['{"a":', "["])
@pytest.mark.parametrize("levels", [DEEPEST_JSON, 400, 900, 100_000])
def test_a_body_with_too_many_levels_gets_400(cloud: Cloud, opened: str, levels: int) -> None:
    closed = "}" if opened.startswith("{") else "]"
    body = f'{{"freeformTags": {opened * levels}1{closed * levels}}}'

    answer = cloud.request("POST", PROJECTS, data=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter")


def test_a_zip_with_a_huge_list_of_entries_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of(score=""))
    with path.open("r+b") as file:  # an end record that tells of a list of 1 GB in a sparse file
        file.truncate(1 << 30)
        file.seek(0, 2)
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 1 << 30, 0, 0))

    with pytest.raises(ArchiveRefused, match="list of entries"):
        archive.unpack(path, tmp_path / "unpacked")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_xml_with_entities_is_refused_in_any_encoding(encoding: str) -> None:
    document = '<!DOCTYPE a [<!ENTITY e "x">]><a><Object><Key>&e;</Key></Object></a>'

    with pytest.raises(InvalidParameter):
        documents.read(document.encode(encoding), "Object", "Key")


def test_the_server_listens_on_loopback_only(cloud: Cloud) -> None:
    listening = [found.laddr.ip for found in psutil.Process(cloud.pid).net_connections() if found.status == "LISTEN"]

    assert set(listening) == {"127.0.0.1"}


def test_what_it_writes_is_for_its_user_only(own_cloud: Cloud) -> None:
    own_cloud.model(own_cloud.project(), b"bytes")

    open_to_others = [path for path in own_cloud.data_dir.rglob("*") if path.stat().st_mode & 0o077]

    assert not [path for path in open_to_others if path.parent == own_cloud.data_dir / "keys"]
    assert not [path.name for path in open_to_others if path.suffix in (".sqlite", ".zip") or "-wal" in path.name]
