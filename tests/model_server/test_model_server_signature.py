"""Oracle's HTTP signature; the official SDK's signer is the client."""

from __future__ import annotations

import base64
import hashlib
from email.utils import formatdate

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from deployment_under_test import KEY_ID
from hypothesis import given
from hypothesis import strategies as st

from model_server.errors import SignatureRefused
from model_server.signature import Claim, verify

NOW = 1_800_000_000.0
DATE = formatdate(NOW, usegmt=True)
URL = "http://127.0.0.1:8500/ocid1.x/predict?a=%20b"
BODY = b'[1, "\xc3\xa9"]'
SIGNED_WITH_BODY = ("date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256")


def signed_by_the_sdk(keys, method="POST", body=BODY, *, with_body_headers=True):
    request = requests.Request(method, URL, data=body, headers={"date": DATE}).prepare()
    if body is None:
        request.headers.pop("content-length", None)
    signer = keys.signer if with_body_headers else keys.signer.without_content_headers
    return {name.lower(): value for name, value in signer(request).headers.items()}


def signed_by_hand(keys, signed, sent=None, **parameters):
    """Sign as OCI says, whatever `signed` leaves out."""
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    made = {
        "date": DATE,
        "x-date": DATE,
        "host": "127.0.0.1:8500",
        "content-length": str(len(BODY)),
        "content-type": "application/json",
        "x-content-sha256": digest,
    } | (sent or {})
    lines = [f"{n}: {'post /ocid1.x/predict?a=%20b' if n == '(request-target)' else made[n]}" for n in signed]
    private = load_pem_private_key(keys.private_pem.encode(), None)
    signature = base64.b64encode(private.sign("\n".join(lines).encode(), PKCS1v15(), SHA256())).decode()
    words = {"version": "1", "keyId": KEY_ID, "algorithm": "rsa-sha256", "headers": " ".join(signed)}
    words |= {"signature": signature} | parameters
    made["authorization"] = "Signature " + ",".join(f'{n}="{v}"' for n, v in words.items() if v is not None)
    return made


def check(keys, headers, method="POST", target="/ocid1.x/predict?a=%20b", body=BODY, now=NOW):
    return verify(method, target, headers, body, {KEY_ID: keys.public_pem}, now)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_the_sdks_signature_without_a_body_is_accepted(keys, method):
    assert check(keys, signed_by_the_sdk(keys, method, None), method, body=b"") == KEY_ID


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_the_sdks_signature_with_a_body_is_accepted(keys, method):
    assert check(keys, signed_by_the_sdk(keys, method), method) == KEY_ID


def test_an_upload_signed_without_its_body_is_accepted_only_where_the_body_is_not_demanded(keys):
    headers = signed_by_the_sdk(keys, with_body_headers=False)
    assert check(keys, headers, body=None) == KEY_ID
    with pytest.raises(SignatureRefused, match="must cover content-length, content-type, x-content-sha256"):
        check(keys, headers)


def test_x_date_stands_for_date(keys):
    headers = signed_by_hand(keys, ("x-date", *SIGNED_WITH_BODY[1:]), {"date": "whatever a proxy wrote"})
    assert check(keys, headers) == KEY_ID


@pytest.mark.parametrize("left_out", SIGNED_WITH_BODY)
def test_a_signature_that_leaves_out_what_it_must_cover_is_refused(keys, left_out):
    headers = signed_by_hand(keys, [name for name in SIGNED_WITH_BODY if name != left_out])
    with pytest.raises(SignatureRefused, match="must cover") as raised:
        check(keys, headers)
    assert left_out in raised.value.reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", formatdate(NOW + 1, usegmt=True)),
        ("host", "127.0.0.1:8501"),
        ("content-length", str(len(BODY) + 1)),
        ("content-type", "text/plain"),
        ("x-content-sha256", base64.b64encode(hashlib.sha256(b"").digest()).decode()),
    ],
)
def test_a_signed_header_that_was_changed_is_refused(keys, name, value):
    headers = signed_by_the_sdk(keys) | {name: value}
    with pytest.raises(SignatureRefused, match="does not match the request"):
        check(keys, headers)


@pytest.mark.parametrize("name", [name for name in SIGNED_WITH_BODY if name != "(request-target)"])
def test_a_signed_header_that_is_missing_is_refused(keys, name):
    headers = signed_by_the_sdk(keys)
    del headers[name]
    with pytest.raises(SignatureRefused, match=f"lacks the signed header {name}"):
        check(keys, headers)


@pytest.mark.parametrize(
    "change", [{"method": "PUT"}, {"target": "/ocid1.x/predict"}, {"target": "/ocid1.y/predict?a=%20b"}]
)
def test_another_method_or_target_is_refused(keys, change):
    with pytest.raises(SignatureRefused, match="does not match the request"):
        check(keys, signed_by_the_sdk(keys), **change)


def test_another_body_is_refused(keys):
    with pytest.raises(SignatureRefused, match="x-content-sha256 does not match the body"):
        check(keys, signed_by_the_sdk(keys), body=BODY.replace(b"1", b"2"))


@pytest.mark.parametrize(("age_s", "is_accepted"), [(299, True), (-299, True), (301, False), (-301, False)])
def test_a_date_more_than_five_minutes_off_is_refused(keys, age_s, is_accepted):
    headers = signed_by_the_sdk(keys)
    if is_accepted:
        assert check(keys, headers, now=NOW + age_s) == KEY_ID
        return
    with pytest.raises(SignatureRefused, match="s off"):
        check(keys, headers, now=NOW + age_s)


def test_a_signed_date_that_is_no_date_is_refused(keys):
    with pytest.raises(SignatureRefused, match="must be an HTTP date"):
        check(keys, signed_by_hand(keys, SIGNED_WITH_BODY, {"date": "tomorrow"}))


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"keyId": "a/b/c"}, "not known"),
        ({"keyId": None}, "lacks keyId"),
        ({"algorithm": "hmac-sha256"}, "rsa-sha256"),
        ({"algorithm": None}, "lacks algorithm"),
        ({"version": "2"}, "version 1"),
        ({"headers": None}, "lacks headers"),
        ({"signature": None}, "lacks signature"),
        ({"signature": "!!"}, "base64"),
        ({"signature": "AAAA"}, "does not match"),
    ],
)
def test_each_parameter_of_the_authorization_header_counts(keys, parameters, words):
    with pytest.raises(SignatureRefused, match=words):
        check(keys, signed_by_hand(keys, SIGNED_WITH_BODY, **parameters))


@pytest.mark.parametrize(
    "value", ["", "Signature", "Bearer abc", 'Signature keyId="a"', 'Signature keyId="a",keyId="a"', 'Signature ,,=,"é']
)
def test_an_authorization_header_that_is_none_is_refused(keys, value):
    with pytest.raises(SignatureRefused):
        check(keys, signed_by_the_sdk(keys) | {"authorization": value})


def test_what_was_accepted_once_is_refused_with_another_body_date_target_or_key(keys):
    headers = signed_by_the_sdk(keys)
    for _ in range(2):
        assert check(keys, headers) == KEY_ID
        with pytest.raises(SignatureRefused, match="does not match the body"):
            check(keys, headers, body=b"[2]" + BODY[3:])
        with pytest.raises(SignatureRefused, match="s off"):
            check(keys, headers, now=NOW + 301)
        with pytest.raises(SignatureRefused, match="does not match the request"):
            check(keys, headers, target="/ocid1.y/predict")
        with pytest.raises(SignatureRefused, match="does not match the request"):
            verify("POST", "/ocid1.x/predict?a=%20b", headers, BODY, {KEY_ID: type(keys)().public_pem}, NOW)
        with pytest.raises(SignatureRefused, match="not known"):
            verify("POST", "/ocid1.x/predict?a=%20b", headers, BODY, {}, NOW)


def test_a_signature_that_was_refused_is_refused_again(keys):
    headers = signed_by_hand(keys, SIGNED_WITH_BODY, signature="AAAA")
    for _ in range(3):
        with pytest.raises(SignatureRefused, match="does not match the request"):
            check(keys, headers)


def test_a_key_that_is_not_rsa_is_refused(keys):
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(SignatureRefused, match="not an RSA key"):
        verify("POST", "/ocid1.x/predict?a=%20b", signed_by_the_sdk(keys), BODY, {KEY_ID: pem}, NOW)


def test_a_key_that_cannot_be_read_is_refused(keys):
    with pytest.raises(SignatureRefused, match="can't be read"):
        verify("POST", "/ocid1.x/predict?a=%20b", signed_by_the_sdk(keys), BODY, {KEY_ID: "no key"}, NOW)


@given(pieces=st.tuples(*[st.binary(max_size=400)] * 6))
def test_a_claim_arrives_as_it_was_sent(pieces):
    claim = Claim(*pieces)
    assert Claim.from_bytes(claim.to_bytes()) == claim
