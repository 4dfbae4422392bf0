"""Asking an endpoint that may just be becoming ready."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from paddock.endpoint_request import post_rows, refusal_of
from paddock.oci_access import OciAccess

# What a load balancer answers before it knows the deployment, and what it answers when it is asked too often.
_NOT_YET = frozenset({404, 429, 502, 503, 504})
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 5.0


@dataclass(frozen=True)
class EndpointAnswer:
    """The answer's JSON and how long that one request took; or, with ``problem``, what came instead."""

    body: Any = None
    latency_ms: float | None = None
    problem: str | None = None


def ask(oci: OciAccess, endpoint: str, rows: Any, *, wait_s: float) -> EndpointAnswer:
    """Sends the rows; asks again for up to ``wait_s`` while the endpoint is not there yet."""
    answer = EndpointAnswer()

    def is_settled() -> bool:
        nonlocal answer
        answer, is_final = _asked(oci, endpoint, rows)
        return is_final

    if until(is_settled, wait_s=wait_s):
        return answer
    return EndpointAnswer(problem=f"{answer.problem} (asked again and again for {wait_s:g} s)")


def until(condition: Callable[[], bool], *, wait_s: float) -> bool:
    """Whether the condition came true within ``wait_s``; it is looked at once in any case, then less and less often."""
    deadline_s, pause_s = time.monotonic() + wait_s, _FIRST_PAUSE_S
    while not condition():
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            return False
        time.sleep(min(pause_s, left_s))
        pause_s = min(1.5 * pause_s, _LONGEST_PAUSE_S)
    return True


def _asked(oci: OciAccess, endpoint: str, rows: Any) -> tuple[EndpointAnswer, bool]:
    """One request; False: it is worth to ask again."""
    try:
        answer = post_rows(oci, endpoint, rows)
    except requests.ConnectionError as error:
        return EndpointAnswer(problem=f"the endpoint does not answer: {error}"), False
    except requests.RequestException as error:
        return EndpointAnswer(problem=f"the endpoint does not answer: {error}"), True
    latency_ms = round(1000 * answer.elapsed.total_seconds(), 1)
    if answer.status_code != requests.codes.ok:
        return EndpointAnswer(problem=f"the endpoint {refusal_of(answer)}"), answer.status_code not in _NOT_YET
    try:
        return EndpointAnswer(body=answer.json(), latency_ms=latency_ms), True
    except ValueError as error:
        return EndpointAnswer(problem=f"the endpoint's answer is no JSON: {error}"), True
