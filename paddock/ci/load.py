"""Requests that never stop while a model is updated: every answer counted, every failure kept."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import requests

_RATE_PER_S = 50.0
_TIMEOUT_S = 65.0  # OCI answers a predict within 60 s or not at all
_KEPT_FAILURES = 3


@dataclass(frozen=True)
class Target:
    """An endpoint and what to ask it."""

    name: str
    url: str
    rows: Any


@dataclass(frozen=True)
class LoadResult:
    """Of one endpoint: requests sent, those not answered with 200, and how long answers took (milliseconds)."""

    name: str
    requests: int
    failed: int
    p50_ms: float
    p99_ms: float
    longest_ms: float
    failures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As result.json has it."""
        return {
            "model": self.name,
            "requests": self.requests,
            "failed": self.failed,
            "p50Ms": round(self.p50_ms, 2),
            "p99Ms": round(self.p99_ms, 2),
            "longestMs": round(self.longest_ms, 2),
            "failures": list(self.failures),
        }


@dataclass
class _Caller:
    target: Target
    signer: Any
    body: str = ""
    took_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    failed: int = 0

    def call_until(self, stop: threading.Event) -> None:
        """At most `_RATE_PER_S`, one at a time: what a service's own retry could hide is not hidden."""
        self.body = json.dumps(self.target.rows)
        with requests.Session() as session:
            session.trust_env = False
            while not stop.is_set():
                began_s = time.monotonic()
                problem = self._ask(session)
                self.took_s.append(time.monotonic() - began_s)
                if problem is not None:
                    self.failed += 1
                    self.failures += [problem] if len(self.failures) < _KEPT_FAILURES else []
                stop.wait(max(0.0, 1 / _RATE_PER_S - self.took_s[-1]))

    def _ask(self, session: requests.Session) -> str | None:
        try:
            answer = session.post(
                self.target.url,
                data=self.body,
                auth=self.signer,
                headers={"content-type": "application/json"},
                timeout=_TIMEOUT_S,
            )
        except requests.RequestException as error:
            return str(error)
        return None if answer.status_code == requests.codes.ok else f"{answer.status_code}: {answer.text[:300]}"

    def result(self) -> LoadResult:
        ordered = sorted(self.took_s) or [0.0]
        return LoadResult(
            self.target.name,
            len(self.took_s),
            self.failed,
            1000 * ordered[len(ordered) // 2],
            1000 * ordered[int(len(ordered) * 0.99) if len(ordered) > 1 else 0],
            1000 * ordered[-1],
            tuple(self.failures),
        )


class Load:
    """A thread for each endpoint while it lasts. `signer` signs `requests`' requests."""

    def __init__(self, targets: Sequence[Target], signer: Any) -> None:
        self._callers = [_Caller(target, signer) for target in targets]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=caller.call_until, args=(self._stop,), daemon=True) for caller in self._callers
        ]
        self._began_s = 0.0

    def __enter__(self) -> Self:
        self._began_s = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=_TIMEOUT_S + 5)

    def wait_until_lasted(self, least_s: float) -> None:
        """Goes on until it has lasted `least_s` in all."""
        time.sleep(max(0.0, self._began_s + least_s - time.monotonic()))

    def results(self) -> tuple[LoadResult, ...]:
        """Of each endpoint, after it has ended."""
        return tuple(caller.result() for caller in self._callers)
