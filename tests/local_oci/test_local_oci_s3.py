"""Object Storage in S3's form: Pulumi's state in a bucket, signatures, chunked bodies, parts."""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree as ET

import oci
import pytest
import requests
from client_environment import REPOSITORY
from local_oci_cloud import Cloud

from local_oci.s3.signature import signature_of, verify

NAMESPACE = "paddock"
EMPTY = hashlib.sha256(b"").hexdigest()
CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
XMLNS = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass
class S3:
    """Signs as S3's clients do; `secret` may be wrong on purpose."""

    cloud: Cloud
    secret: str
    access_key: str = "paddocklocal"
    moment: datetime | None = None

    def __call__(
        self, method: str, path: str, body: bytes = b"", payload: str = "", **headers: str
    ) -> requests.Response:
        parts = urlsplit(self.cloud.endpoint + path)
        time = (self.moment or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        sent = {
            "host": parts.netloc,
            "x-amz-content-sha256": payload or hashlib.sha256(body).hexdigest(),
            "x-amz-date": time,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(parts.query, True))
        names = ";".join(sorted(sent))
        canonical = "\n".join(
            [
                method,
                parts.path,
                "&".join(f"{name}={value}" for name, value in pairs),
                *(f"{name}:{sent[name]}" for name in sorted(sent)),
                "",
                names,
                sent["x-amz-content-sha256"],
            ]
        )
        scope = f"{time[:8]}/us-ashburn-1/s3/aws4_request"
        self.scope, self.time = scope, time
        self.signature = signature_of(self.key(time[:8]), time, scope, canonical)
        sent["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={self.signature}"
        )
        return self.cloud.session.request(method, parts.geturl(), data=body, headers=sent, timeout=30)

    def key(self, date: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for part in (date, "us-ashburn-1", "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key


@pytest.fixture(scope="module")
def s3(cloud: Cloud) -> S3:
    return S3(cloud, cloud.known.s3_secret_key)


@pytest.fixture
def bucket(s3: S3, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"b{abs(hash(request.node.name))}"
    assert s3("PUT", f"/{name}").status_code == 200
    yield name
    shown = parsed(s3("GET", f"/{name}"))
    for key in shown.iter(f"{XMLNS}Key"):
        s3("DELETE", f"/{name}/{quote(key.text or '')}")
    assert s3("DELETE", f"/{name}").status_code == 204


def parsed(answer: requests.Response) -> ET.Element:
    return ET.fromstring(answer.content)  # noqa: S314 - our own server's


def code_of(answer: requests.Response) -> str:
    return parsed(answer).findtext(f"{XMLNS}Code") or ""


def test_pulumi_keeps_a_stack_in_a_bucket(cloud: Cloud, s3: S3, bucket: str, tmp_path: Path) -> None:
    path = f"{REPOSITORY / '.paddock' / 'bin'}:{os.environ['PATH']}"
    assert shutil.which("pulumi", path=path), "make toolchain brings the Pulumi CLI"
    (tmp_path / "Pulumi.yaml").write_text("name: kept\nruntime: yaml\n")
    environment = {
        "PATH": path,
        "HOME": str(tmp_path),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "NO_PROXY": "127.0.0.1",
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret,
        "AWS_REGION": "us-ashburn-1",
        "PULUMI_BACKEND_URL": f"s3://{bucket}?endpoint={cloud.endpoint}&s3ForcePathStyle=true",
    }

    def pulumi(*words: str) -> str:
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    pulumi("stack", "init", "dev")
    assert "dev" in pulumi("stack", "ls")
    (tmp_path / "state.json").write_text(pulumi("stack", "export"))
    pulumi("stack", "import", "--file", "state.json")
    pulumi("stack", "rename", "other")
    assert "other" in pulumi("stack", "ls")
    pulumi("stack", "rm", "--yes", "other")
    assert "other" not in pulumi("stack", "ls")


def test_what_is_put_here_is_seen_by_oracles_client_and_the_other_way(cloud: Cloud, s3: S3, bucket: str) -> None:
    client = oci.object_storage.ObjectStorageClient(cloud.config, service_endpoint=cloud.endpoint)
    assert s3("PUT", f"/{bucket}/from/s3", b"one", x_amz_meta_colour="red", content_type="x/y").status_code == 200

    got = client.get_object(NAMESPACE, bucket, "from/s3")
    client.put_object(NAMESPACE, bucket, "from oci", b"two", opc_meta={"size": "big"})

    assert (got.data.content, got.headers["opc-meta-colour"], got.headers["content-type"]) == (b"one", "red", "x/y")
    other = s3("GET", f"/{bucket}/from%20oci")
    assert (other.content, other.headers["x-amz-meta-size"]) == (b"two", "big")
    assert s3("HEAD", f"/{bucket}/from%20oci").headers["content-length"] == "3"
    client.base_client.session.close()


def test_a_list_folds_and_pages(s3: S3, bucket: str) -> None:
    for name in ("a/1", "a/2", "b", "c"):
        s3("PUT", f"/{bucket}/{name}", b"x")

    def listed(query: str) -> tuple[list[str], list[str], str | None]:
        shown = parsed(s3("GET", f"/{bucket}?{query}"))
        prefixes = [one.findtext(f"{XMLNS}Prefix") or "" for one in shown.iter(f"{XMLNS}CommonPrefixes")]
        keys = [key.text or "" for key in shown.iter(f"{XMLNS}Key")]
        return keys, prefixes, shown.findtext(f"{XMLNS}NextContinuationToken")

    assert listed("list-type=2&delimiter=%2F") == (["b", "c"], ["a/"], None)
    keys, _, token = listed("list-type=2&max-keys=3")
    assert (keys, token is not None) == (["a/1", "a/2", "b"], True)
    assert listed(f"list-type=2&continuation-token={quote(token or '')}")[0] == ["c"]
    assert listed("prefix=a%2F&marker=a%2F1")[0] == ["a/2"]


def test_parts_become_one_object(s3: S3, bucket: str) -> None:
    begun = parsed(s3("POST", f"/{bucket}/big?uploads="))
    upload = begun.findtext(f"{XMLNS}UploadId")
    tags = [
        s3("PUT", f"/{bucket}/big?partNumber={number}&uploadId={upload}", content).headers["etag"]
        for number, content in ((1, b"one "), (2, b"two"))
    ]
    parts = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in enumerate(tags, 1))
    whole = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    done = s3("POST", f"/{bucket}/big?uploadId={upload}", whole)

    assert done.status_code == 200
    assert s3("GET", f"/{bucket}/big").content == b"one two"
    assert code_of(s3("PUT", f"/{bucket}/big?partNumber=1&uploadId={upload}", b"late")) == "NoSuchUpload"


def chunked(s3: S3, bucket: str, content: bytes, *, is_damaged: bool = False) -> requests.Response:
    """A put whose chunks are signed one after the other; the first one's seed is the head's signature."""
    own = S3(s3.cloud, s3.secret, moment=datetime.now(UTC))
    headers = {"x_amz_decoded_content_length": str(len(content)), "content_encoding": "aws-chunked"}
    place = ("PUT", f"/{bucket}/chunked")
    assert not own(*place, b"", CHUNKS, **headers).ok  # only to learn the seed of this moment
    seed, body = own.signature, b""
    for block in (content, b""):
        digest = hashlib.sha256(block).hexdigest()
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{own.time}\n{own.scope}\n{seed}\n{EMPTY}\n{digest}"
        seed = hmac.new(own.key(own.time[:8]), text.encode(), hashlib.sha256).hexdigest()
        stated = "f" * 64 if is_damaged else seed
        body += f"{len(block):x};chunk-signature={stated}\r\n".encode() + block + b"\r\n"
    return own(*place, body, CHUNKS, **headers)


def test_signed_chunks_are_taken_apart_and_damaged_ones_refused(s3: S3, bucket: str) -> None:
    assert code_of(chunked(s3, bucket, b"the content", is_damaged=True)) == "SignatureDoesNotMatch"
    assert s3("GET", f"/{bucket}/chunked").status_code == 404
    assert chunked(s3, bucket, b"the content").status_code == 200
    assert s3("GET", f"/{bucket}/chunked").content == b"the content"


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        (lambda s3, b: s3("GET", f"/{b}/absent"), 404, "NoSuchKey"),
        (lambda s3, _: s3("GET", "/absent/absent"), 404, "NoSuchBucket"),
        (lambda s3, b: s3("PUT", f"/{b}"), 409, "BucketAlreadyOwnedByYou"),
        (lambda s3, b: s3("PUT", f"/{b}/o", b"x", "0" * 64), 403, "SignatureDoesNotMatch"),
        (lambda s3, b: S3(s3.cloud, "wrong")("GET", f"/{b}"), 403, "SignatureDoesNotMatch"),
        (lambda s3, b: S3(s3.cloud, s3.secret, "nobody")("GET", f"/{b}"), 403, "SignatureDoesNotMatch"),
        (lambda s3, b: s3("GET", f"/{b}?acl="), 501, "NotImplemented"),
        (lambda s3, b: s3("POST", f"/{b}?delete=", b"<!DOCTYPE x><Delete/>"), 400, "InvalidRequest"),
        (lambda s3, b: s3("POST", f"/{b}?delete=", b"<Delete"), 400, "InvalidRequest"),
    ],
)
def test_what_is_refused_has_s3s_code(s3: S3, bucket: str, ask: Any, status: int, code: str) -> None:
    refused = ask(s3, bucket)

    assert (refused.status_code, code_of(refused)) == (status, code)


def test_a_customer_secret_key_signs_until_it_is_deleted(cloud: Cloud, s3: S3, bucket: str) -> None:
    user = cloud.known.user_ocid
    details = oci.identity.models.CreateCustomerSecretKeyDetails(display_name="mine")
    key = cloud.identity.create_customer_secret_key(details, user).data
    own = S3(cloud, key.key, key.id)
    assert own("GET", f"/{bucket}").status_code == 200

    cloud.identity.delete_customer_secret_key(user, key.id)

    assert code_of(own("GET", f"/{bucket}")) == "SignatureDoesNotMatch"


def test_amazons_own_example_has_amazons_signature() -> None:
    """docs: AmazonS3/latest/API/sig-v4-header-based-auth, "GET Object"."""
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    }

    signed = verify("GET", "/test.txt", "", headers, lambda _: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 1369353600.0)

    assert signed.access_key == "AKIAIOSFODNN7EXAMPLE"
