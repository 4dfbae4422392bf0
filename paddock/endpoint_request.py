"""A signed request to a deployed endpoint, as any client of the model would send it."""

from __future__ import annotations

import json
from typing import Any

import requests

from paddock.oci_access import OciAccess

# A prediction may take OCI's 60 s; a little more lets its own error answer arrive.
_TIMEOUT_S = 65.0


def post_rows(oci: OciAccess, endpoint: str, rows: Any) -> requests.Response:
    """Whatever the endpoint answers; raises `requests.RequestException` where it does not."""
    with requests.Session() as session:
        session.trust_env = oci.endpoint is None  # no proxy stands between us and loopback
        return session.post(
            endpoint,
            data=json.dumps(rows),
            auth=oci.signer(),
            headers={"content-type": "application/json"},
            timeout=_TIMEOUT_S,
        )


def refusal_of(answer: requests.Response) -> str:
    """An answer that is not 200, as a sentence: OCI's code and message, or the beginning of what came."""
    try:
        error = answer.json()
        words = f"{error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        words = answer.text[:500]
    return f"answered {answer.status_code}: {words}"
