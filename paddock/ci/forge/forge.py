"""What both forges do: one comment on a change, one issue on a subject, found again by a marker and edited in place.

ForgeError: the forge refused, or did not answer.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

_TIMEOUT_S = 30.0
_TRIES = 4
_LONGEST_PAUSE_S = 30.0
_PER_PAGE = 100
_MAY_PASS = {429, 500, 502, 503, 504}


class ForgeError(Exception):
    """The forge did not do it; the message has its own words, never the token."""


class Forge(Protocol):
    """A repository's pull requests and issues."""

    def upsert_comment(self, change: int, marker: str, body: str) -> str:
        """Has the change carry one comment that begins with `marker`, and this is its text; what was done, in words."""

    def upsert_issue(self, marker: str, label: str, title: str, body: str) -> str:
        """Has one open issue that begins with `marker`, and this is its text; what was done, in words."""

    def close_issue(self, marker: str, label: str, why: str) -> str:
        """Closes that issue, saying why; what was done, in words."""


class Rest:
    """JSON over HTTP with one header that signs in; what may pass is tried again, a bounded number of times."""

    def __init__(self, api_url: str, headers: Mapping[str, str]) -> None:
        self._api_url = api_url.rstrip("/")
        self._headers = {"content-type": "application/json", "user-agent": "paddock", **headers}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; raises ForgeError."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._api_url + path, data, dict(self._headers), method=method)  # noqa: S310 - the address is the CI system's own
        for left in reversed(range(_TRIES)):
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - see above
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                words = error.read().decode("utf-8", "replace")[:500]
                if error.code not in _MAY_PASS or not left:
                    raise ForgeError(f"{method} {path} was answered {error.code}: {words}") from error
                time.sleep(_pause_s(error.headers.get("retry-after"), left))
            except OSError as error:
                if not left:
                    raise ForgeError(f"{method} {path} was not answered: {error}") from error
                time.sleep(_pause_s(None, left))
        raise AssertionError("the last try returns or raises")

    def pages(self, path: str) -> Iterator[Any]:
        """All items of a list, page after page."""
        page, mark = 1, "&" if "?" in path else "?"
        while True:
            items = self.call("GET", f"{path}{mark}per_page={_PER_PAGE}&page={page}")
            yield from items
            if len(items) < _PER_PAGE:
                return
            page += 1


def _pause_s(told: str | None, left: int) -> float:
    """What the forge asks for, else half a second, then twice as long each time."""
    asked_s = float(told) if told and told.isdigit() else 0.5 * 2 ** (_TRIES - 1 - left)
    return min(asked_s, _LONGEST_PAUSE_S)
