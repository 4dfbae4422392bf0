"""`opc-retry-token`: the same request asked twice is done once, answered twice the same (API/Concepts/usingapi).

The token counts for one operation on one path, for 24 hours.
"""

from __future__ import annotations

from local_oci.call import Answer, Call, Route
from local_oci.errors import InvalidatedRetryToken, InvalidParameter
from local_oci.store import RetryToken

LIFETIME_S = 24 * 3600
_LONGEST_TOKEN = 256


def token_of(call: Call) -> str | None:
    """The request's token, where the operation takes one."""
    if "opc-retry-token" not in call.operation.headers:
        return None
    token = call.headers.get("opc-retry-token")
    if token is not None and not 1 <= len(token) <= _LONGEST_TOKEN:
        raise InvalidParameter(f"opc-retry-token: must have 1 to {_LONGEST_TOKEN} characters, found {len(token)}")
    return token


def is_known(call: Call) -> bool:
    """Whether something was done under the request's token."""
    token = token_of(call)
    return token is not None and call.snapshot.retry_token(token, _scope(call)) is not None


def answer_once(route: Route, call: Call, body_sha256: str) -> Answer:
    """Do it, or give the answer that was given; 409 for another body, or where what was made is deleted since."""
    token = token_of(call)
    if token is None:
        return route.act(call)
    known = call.transaction.retry_token(token, _scope(call))
    if known is not None:
        return _again(call, known, body_sha256)
    answer = route.act(call)
    call.transaction.remember(RetryToken(token, _scope(call), body_sha256, answer.to_json(), answer.resource))
    return answer


def _again(call: Call, known: RetryToken, body_sha256: str) -> Answer:
    if known.body_sha256 != body_sha256:
        raise InvalidatedRetryToken(
            f"opc-retry-token {known.token}: was used with another body; use a new token for a new request"
        )
    made = call.transaction.get(known.resource) if known.resource else None
    if known.resource and (made is None or made.state == "DELETED"):
        raise InvalidatedRetryToken(
            f"opc-retry-token {known.token}: {known.resource}, which was made with it, is deleted; use a new token"
        )
    return Answer(known.answer["body"], known.answer["status"], known.answer["headers"], known.resource)


def _scope(call: Call) -> str:
    return " ".join([call.operation.service, call.operation.name, *call.path.values()])
