"""Answers of the data plane and Oracle's error body."""

from __future__ import annotations

import json
from typing import NamedTuple

CODES = {
    400: "InvalidParameter",
    401: "NotAuthenticated",
    403: "NotAllowed",
    404: "NotAuthorizedOrNotFound",
    405: "MethodNotAllowed",
    409: "IncorrectState",
    411: "LengthRequired",
    413: "PayloadTooLarge",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}


class Answer(NamedTuple):
    """What a client gets: HTTP status and a JSON body."""

    status: int
    body: bytes


def refusal(status: int, message: str) -> Answer:
    """Give Oracle's error body {"code", "message"} for one of the statuses that OCI's data plane uses."""
    return Answer(status, json.dumps({"code": CODES[status], "message": message}).encode())
