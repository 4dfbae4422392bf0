"""Requests to workers: one queue for all, one request in flight per worker.

Workers are admitted and retired at any time, so an update is: admit the new ones, retire the old ones, in one step of
the event loop. A request whose worker died goes back to the front and is tried by another, at most `RETRIES` times.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable

from model_server.answer import Answer, refusal
from model_server.frames import BodyForm
from model_server.log_writer import LogFact, LogWriter
from model_server.worker_handle import Request, WorkerHandle

RETRIES = 2


class Dispatcher:
    """Hands bodies to idle workers. `lost_listener` hears of each serving worker that died."""

    def __init__(self, logs: LogWriter, wait_timeout_s: float) -> None:
        self.wait_timeout_s = wait_timeout_s
        self.lost_listener: Callable[[WorkerHandle], None] = lambda _worker: None
        self._logs = logs
        self._waiting: deque[Request] = deque()
        self._serving: set[WorkerHandle] = set()
        self._idle: list[WorkerHandle] = []  # a stack: the worker that answered last has the warmest caches
        self._numbers = itertools.count(1)
        self._closing: Answer | None = None

    async def predict(self, form: BodyForm, body: bytes, opc_request_id: str) -> tuple[Answer, float]:
        """Give the answer to one body and the time that its worker took, in ms."""
        if self._closing is not None:
            return self._closing, 0.0
        request = Request(next(self._numbers), form, body, opc_request_id)
        if self._idle:
            self._idle.pop().send(request)
            return await request.answer, request.model_latency_ms
        self._waiting.append(request)
        limit = asyncio.get_running_loop().call_later(self.wait_timeout_s, self._give_up, request)
        try:
            return await request.answer, request.model_latency_ms
        finally:
            limit.cancel()

    def admit(self, workers: Iterable[WorkerHandle]) -> None:
        """Let loaded workers take requests."""
        for worker in workers:
            self._serving.add(worker)
            self.worker_idle(worker)

    def retire(self, workers: Iterable[WorkerHandle]) -> None:
        """Take workers out: each ends after the request it holds."""
        for worker in list(workers):
            self._forget(worker)
            worker.retire()

    def close(self, reason: str) -> None:
        """Answer 503 to all that still wait and to all that may come."""
        self._closing = refusal(503, reason)
        while self._waiting:
            self._waiting.popleft().resolve(self._closing)

    def worker_idle(self, worker: WorkerHandle) -> None:
        """Give it the request that waits longest."""
        while self._waiting:
            request = self._waiting.popleft()
            if not request.answer.done():
                worker.send(request)
                return
        self._idle.append(worker)

    def worker_lost(self, worker: WorkerHandle, request: Request | None) -> None:
        """Give what it held to another, and have it replaced."""
        was_serving = worker in self._serving
        self._forget(worker)
        if request is not None:
            self._try_again(request)
        if was_serving:
            self.lost_listener(worker)

    def worker_logged(self, text: str, request: Request | None) -> None:
        """Write what score.py printed."""
        self._logs.add(LogFact("predict", time.time(), text, request.opc_request_id if request else None))

    def _try_again(self, request: Request) -> None:
        request.deaths += 1
        if request.deaths > RETRIES:
            message = f"{request.deaths} workers died while they ran this request; it is not tried again"
            self.worker_logged(message, request)
            request.resolve(refusal(500, message))
        elif self._idle:
            self._idle.pop().send(request)
        else:
            self._waiting.appendleft(request)

    def _give_up(self, request: Request) -> None:
        if request in self._waiting:
            self._waiting.remove(request)
            request.resolve(refusal(503, f"No worker was free within {self.wait_timeout_s:g} s"))

    def _forget(self, worker: WorkerHandle) -> None:
        self._serving.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
