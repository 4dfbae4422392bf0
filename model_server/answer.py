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
    408: "RequestTimeout",
    409: "IncorrectState",
    411: "LengthRequired",
    413: "PayloadTooLarge",
    417: "ExpectationFailed",
    429: "TooManyRequests",
    431: "RequestHeaderFieldsTooLarge",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}


class Answer(NamedTuple):
    """What a client gets: HTTP status, a body, and where another try makes sense the seconds before it."""

    status: int
    body: bytes
    retry_after_s: int | None = None
    content_type: str = "application/json"


NOT_STREAMING = "ExternalServerIncorrectState"  # Oracle's code for a model that was asked for a stream and gave none


def refusal(status: int, message: str, retry_after_s: int | None = None) -> Answer:
    """Give Oracle's error body {"code", "message"}."""
    return Answer(status, json.dumps({"code": CODES[status], "message": message}).encode(), retry_after_s)
