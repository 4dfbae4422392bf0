"""AWS signature version 4 over whole requests (docs: AmazonS3/latest/API/sig-v4-authenticating-requests).

Not accepted: signatures in the query (presigned URLs).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from local_oci.errors import NotAuthenticated

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = "STREAMING-"
_MOST_SKEW_S = 300
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/\s,]+)/(\d{8})/([^/\s,]+)/s3/aws4_request,\s*"
    r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)
_MUST_BE_SIGNED = {"host", "x-amz-content-sha256", "x-amz-date"}

SecretOf = Callable[[str], str | None]
"""The secret of an access key; None for one that is not there."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature holds. `payload` is what it says of its body: a SHA-256 in hex, or a word."""

    access_key: str
    payload: str
    signature: str
    scope: str
    time: str
    signing_key: bytes


def verify(
    method: str, raw_path: str, query_string: str, headers: Mapping[str, str], secret_of: SecretOf, now: float
) -> Signed:
    """Check the signature of the head; the body is the caller's to check against `payload`."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise NotAuthenticated("authorization: must be an AWS4-HMAC-SHA256 signature for the service s3")
    access_key, date, region, names, signature = found.groups()
    if missing := _MUST_BE_SIGNED - set(names.split(";")):
        raise NotAuthenticated(f"SignedHeaders: must include {', '.join(sorted(missing))}")
    if absent := [name for name in names.split(";") if name not in headers]:
        raise NotAuthenticated(f"SignedHeaders: names {', '.join(absent)}, which the request does not have")
    time = headers["x-amz-date"]
    _check_time(time, date, now)
    secret = secret_of(access_key)
    if secret is None:
        raise NotAuthenticated("Credential: there is no such access key; `paddock env` exports the one of this folder")
    scope = f"{date}/{region}/s3/aws4_request"
    payload = headers["x-amz-content-sha256"]
    canonical = "\n".join(
        [
            method,
            raw_path,
            _canonical_query(query_string),
            *(f"{name}:{' '.join(headers[name].split())}" for name in names.split(";")),
            "",
            names,
            payload,
        ]
    )
    signing_key = _signing_key(secret, date, region)
    expected = signature_of(signing_key, time, scope, canonical)
    if not hmac.compare_digest(expected, signature):
        raise NotAuthenticated("Signature: is not the one of this request with this access key's secret")
    return Signed(access_key, payload, signature, scope, time, signing_key)


def signature_of(signing_key: bytes, time: str, scope: str, canonical: str) -> str:
    """The signature of a canonical request."""
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return _hmac(signing_key, f"{ALGORITHM}\n{time}\n{scope}\n{digest}").hex()


def _check_time(time: str, date: str, now: float) -> None:
    try:
        stated = datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise NotAuthenticated(f"x-amz-date: must be such as 20261122T220315Z, found {time[:40]!r}") from error
    if abs(now - stated) > _MOST_SKEW_S:
        raise NotAuthenticated(f"x-amz-date: {time} is more than {_MOST_SKEW_S} s away from this machine's clock")
    if not time.startswith(date):
        raise NotAuthenticated(f"Credential: is of {date}, x-amz-date of {time[:8]}")


def _canonical_query(query_string: str) -> str:
    pairs = parse_qsl(query_string, keep_blank_values=True)
    encoded = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _signing_key(secret: str, date: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
