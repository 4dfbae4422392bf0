"""Oracle's HTTP signature, version 1 (draft-cavage-http-signatures, rsa-sha256), verified.

Signed must be: `date` or `x-date`, `(request-target)`, `host`; of a POST, PUT or PATCH with a body also
`content-length`, `content-type` and `x-content-sha256`. Source: Oracle's "Request Signatures" and `oci/signer.py`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from model_server.errors import SignatureRefused

CLOCK_SKEW_S = 300
REMEMBERED = 512  # signatures; a client that sends the same request again within a second signs it alike
_REQUEST_TARGET = "(request-target)"
_BODY_HEADERS = ("content-length", "content-type", "x-content-sha256")
_SIGNATURE_BEGINS = 'signature="'
_PLACEHOLDER = "-"  # no base64, so that no client's own signature is taken for it
_PADDING, _HASH = PKCS1v15(), SHA256()
_CLAIM = struct.Struct("!HHHHI")
_PARAMETER = re.compile(r'\s*([A-Za-z]+)\s*=\s*"([^"]*)"\s*(?:,|$)')


class _Authorization(NamedTuple):
    key_id: str
    signed: tuple[str, ...]
    signature: bytes


def verify(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
    accepted_keys: Mapping[str, str],
    now: float,
) -> str:
    """Give the key id that signed the request; raises SignatureRefused.

    `target` is path and query exactly as they were sent. `body=None`: the body's digest is not demanded (an artifact
    upload is signed without it). `accepted_keys`: key id → public key in PEM. `now`: seconds since the epoch.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    return verify_lower(method, target, lower, body, accepted_keys, now)


def verify_lower(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
    accepted_keys: Mapping[str, str],
    now: float,
) -> str:
    """Do what `verify` does, for headers whose names are in lower case already."""
    claim = claim_of(method, target, headers, body, accepted_keys, now)
    claim.verify(body)
    return claim.key_id.decode()


class Claim(NamedTuple):
    """What a request says of itself: complete, in time, of a known key. Whether it is true is for `verify` to find out.

    Verifying is nearly all of the work and can be done by another process. `digest` (SHA-256 in base64) and `length`
    are the body's, as they were signed; b"": they were not.
    """

    key_id: bytes
    public_pem: bytes
    digest: bytes
    length: bytes
    text: bytes
    signature: bytes

    def verify(self, body: bytes | None) -> None:
        """Verify the signature, and that it is about this body (None: the body is not looked at)."""
        try:
            _verify_text(self.public_pem, self.text, self.signature)
        except InvalidSignature as error:
            raise SignatureRefused("The signature does not match the request") from error
        if body is None or not self.digest:
            return
        found = base64.b64encode(hashlib.sha256(body).digest())
        if not compare_digest(found, self.digest):
            raise SignatureRefused("The header x-content-sha256 does not match the body")
        if self.length and self.length != b"%d" % len(body):
            raise SignatureRefused("The header content-length does not match the body")

    def to_bytes(self) -> bytes:
        """Give what `from_bytes` reads back."""
        return b"".join((_CLAIM.pack(*map(len, self[:5])), *self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Claim:
        """Read what `to_bytes` gave."""
        at, pieces = _CLAIM.size, []
        for length in _CLAIM.unpack_from(data):
            pieces.append(data[at : at + length])
            at += length
        key_id, public_pem, digest, content_length, text = pieces
        return cls(key_id, public_pem, digest, content_length, text, data[at:])


def claim_of(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
    accepted_keys: Mapping[str, str],
    now: float,
) -> Claim:
    """Read what a request claims; raises SignatureRefused for one that need not be verified to be refused."""
    authorization = _read_authorization(headers.get("authorization", ""))
    _require_signed(method, headers, body, authorization.signed)
    _check_date(headers, authorization.signed, now)
    pem = accepted_keys.get(authorization.key_id)
    if pem is None:
        raise SignatureRefused(f"The key {authorization.key_id!r} is not known here")
    text = _signing_string(method, target, headers, authorization.signed).encode("latin-1", "replace")
    digest, length = (
        headers[name].strip().encode() if name in authorization.signed else b""
        for name in ("x-content-sha256", "content-length")
    )
    return Claim(authorization.key_id.encode(), pem.encode(), digest, length, text, authorization.signature)


def _read_authorization(value: str) -> _Authorization:
    """Read the header. All but the signature itself is alike in a client's requests, and remembered."""
    at = value.rfind(_SIGNATURE_BEGINS)
    begin = at + len(_SIGNATURE_BEGINS)
    end = value.find('"', begin)
    if at < 0 or end < 0:
        key_id, signed, text = _read_parameters(value)
    else:
        key_id, signed, text = _read_parameters(f"{value[:begin]}{_PLACEHOLDER}{value[end:]}")
        if text == _PLACEHOLDER:
            text = value[begin:end]
        else:  # the name stands in another parameter's value
            key_id, signed, text = _read_parameters(value)
    try:
        signature = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise SignatureRefused("The signature must be base64") from error
    return _Authorization(key_id, signed, signature)


@lru_cache(maxsize=256)
def _read_parameters(value: str) -> tuple[str, tuple[str, ...], str]:
    """Give the key id, the names of what is signed, and the signature, still as text."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "signature":
        raise SignatureRefused("The request must carry the header Authorization: Signature …")
    found = _PARAMETER.findall(rest)
    parameters = dict(found)
    if len(parameters) != len(found) or _PARAMETER.sub("", rest).strip():
        raise SignatureRefused('The Authorization header must be a list of name="value", each name once')
    missing = [name for name in ("keyId", "algorithm", "headers", "signature") if not parameters.get(name)]
    if missing:
        raise SignatureRefused(f"The Authorization header lacks {', '.join(missing)}")
    if parameters["algorithm"].lower() != "rsa-sha256" or parameters.get("version", "1") != "1":
        raise SignatureRefused("The signature must be rsa-sha256, version 1")
    return parameters["keyId"], tuple(parameters["headers"].lower().split()), parameters["signature"]


@lru_cache(maxsize=256)
def _unsigned(signed: tuple[str, ...], *, has_body: bool) -> list[str]:
    """Give the names that must be signed and are not."""
    required = ["x-date" if "x-date" in signed else "date", _REQUEST_TARGET, "host"]
    if has_body:
        required += _BODY_HEADERS
    return [name for name in required if name not in signed]


def _require_signed(method: str, headers: Mapping[str, str], body: bytes | None, signed: tuple[str, ...]) -> None:
    unsigned = _unsigned(signed, has_body=bool(body) and method.upper() in {"POST", "PUT", "PATCH"})
    if unsigned:
        raise SignatureRefused(f"The signature must cover {', '.join(unsigned)}")
    for name in signed:
        if name not in headers and name != _REQUEST_TARGET:
            raise SignatureRefused(f"The request lacks the signed header {name}")


def _check_date(headers: Mapping[str, str], signed: tuple[str, ...], now: float) -> None:
    for name in ("date", "x-date"):
        if name not in signed:
            continue
        try:
            sent = _timestamp(headers[name])
        except ValueError as error:
            raise SignatureRefused(f"The header {name} must be an HTTP date, found {headers[name]!r}") from error
        if abs(now - sent) > CLOCK_SKEW_S:
            raise SignatureRefused(
                f"The header {name} is {abs(now - sent):.0f} s off; at most {CLOCK_SKEW_S} s are let"
            )


@lru_cache(maxsize=256)
def _timestamp(date: str) -> float:
    return parsedate_to_datetime(date).timestamp()


def _signing_string(method: str, target: str, headers: Mapping[str, str], signed: tuple[str, ...]) -> str:
    lines = [
        f"{name}: {headers[name].strip()}" if name != _REQUEST_TARGET else f"{name}: {method.lower()} {target}"
        for name in signed
    ]
    return "\n".join(lines)


@lru_cache(maxsize=REMEMBERED)
def _verify_text(public_pem: bytes, text: bytes, signature: bytes) -> None:
    """Verify a signature of this text with this key; raises InvalidSignature.

    Remembered are successes alone, of exactly these bytes: the arithmetic can have no other result for them. What may
    differ is asked of every request: is the signed date near, the key still accepted, has the body the signed digest.
    So whoever sends a signature again gets as far as without the memory, and no further.
    """
    _public_key(public_pem).verify(signature, text, _PADDING, _HASH)


@lru_cache(maxsize=64)
def _public_key(pem: bytes) -> RSAPublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureRefused("The key known under this key id can't be read") from error
    if not isinstance(key, RSAPublicKey):
        raise SignatureRefused("The key known under this key id is not an RSA key")
    return key
