"""Requests to workers: one queue for all, one batch that runs per worker, and at most one that is next.

An idle worker takes its share (see `batch_policy`) of what waits, so nobody waits for more than a moment: with one
client each request goes alone, with many the batches grow by themselves. Where batches are quick, the worker that is
busy takes a second one, and gives it back if the first turns out to be slow. A batch never grows so far that it takes
longer than `BATCH_TARGET_S`, which each worker's answers teach. Workers are admitted and retired at any time, so an
update is: admit the new ones, retire the old ones, in one step of the event loop.

What a dying worker held goes back to the front and is tried by another; a request that has seen a worker die goes
alone from then on, so that a body that kills workers takes no other with it. It is given up after `LONE_DEATHS`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable

from model_server.answer import Answer, refusal
from model_server.batch_policy import BatchPolicy
from model_server.log_writer import LogFact, LogWriter
from model_server.request import Request
from model_server.worker_handle import WorkerHandle

LONE_DEATHS = 3  # one may be by another's hand; of a million good requests some meet two
BATCH_TARGET_S = 0.05
GATHER_S = 0.001  # those who were just answered are about to ask again
HOLD_BACK_S = 0.002  # another worker is busy, and quick enough for all
BATCH_LIMIT_REQUESTS = 64
BATCH_LIMIT_BYTES = 1 << 20
QUEUE_LIMIT_BYTES = 256 << 20
RETRY_AFTER_S = 1


class Dispatcher:
    """Hands bodies to idle workers. `lost_listener` hears of each serving worker that died."""

    def __init__(self, logs: LogWriter, wait_timeout_s: float, queue_limit_requests: int) -> None:
        self.wait_timeout_s = wait_timeout_s
        self.queue_limit_requests = queue_limit_requests
        self.lost_listener: Callable[[WorkerHandle], None] = lambda _worker: None
        self.batch_listener: Callable[[int], None] = lambda _size: None
        self._logs = logs
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Request] = deque()
        self._waiting_bytes = 0
        self._serving: set[WorkerHandle] = set()
        self._idle: list[WorkerHandle] = []  # a stack: the worker that answered last has the warmest caches
        self._last_number = 0
        self._closing: Answer | None = None
        self._is_hand_out_due = False
        self._policy = BatchPolicy()
        self._holding_back: asyncio.TimerHandle | None = None
        self._has_held_back = False
        self._overdue_check: asyncio.TimerHandle | None = None

    def submit(self, request: Request) -> None:
        """Have a request answered: sooner or later its `resolve` is called."""
        if self._closing is not None:
            request.resolve(self._closing)
            return
        size_bytes = len(request.body)
        if len(self._waiting) >= self.queue_limit_requests or self._waiting_bytes + size_bytes > QUEUE_LIMIT_BYTES:
            message = (
                f"{len(self._waiting)} requests wait already; try again later or give the deployment more instances"
            )
            request.resolve(refusal(429, message, RETRY_AFTER_S))
            return
        self._last_number = self._last_number % 0xFFFFFFFF + 1
        request.number = self._last_number
        self._waiting.append(request)
        self._waiting_bytes += size_bytes
        if self._idle and self._policy.is_of_one_client:
            self._hand_out()  # a round of the loop would be for nothing
        elif self._idle or self._policy.is_doubled:
            self._hand_out_soon()
        elif self._overdue_check is None:
            self._check_overdue_at(request.arrived_s + self.wait_timeout_s)

    def admit(self, workers: Iterable[WorkerHandle]) -> None:
        """Let loaded workers take requests."""
        for worker in workers:
            self._serving.add(worker)
            self.worker_freed(worker)

    def retire(self, workers: Iterable[WorkerHandle]) -> None:
        """Take workers out: each ends after the requests it holds."""
        for worker in list(workers):
            self._forget(worker)
            worker.retire()

    def close(self, reason: str) -> None:
        """Answer 503 to all that still wait and to all that may come."""
        self._closing = refusal(503, reason)
        if self._overdue_check is not None:
            self._overdue_check.cancel()
        while self._waiting:
            self._take().resolve(self._closing)

    @property
    def waiting(self) -> int:
        """How many requests wait for a worker."""
        return len(self._waiting)

    def worker_answered(self, worker: WorkerHandle, size: int, took_s: float) -> None:
        """Learn from a batch of `size` requests how large the next may be, and give the worker what waits."""
        self.batch_listener(size)
        self._policy.learn(size, took_s, waiting=len(self._waiting))
        if took_s > BATCH_TARGET_S:
            worker.batch_limit = max(1, min(size, worker.batch_limit) // 2)
        elif size >= worker.batch_limit:
            worker.batch_limit = min(BATCH_LIMIT_REQUESTS, worker.batch_limit * 2)

    def worker_freed(self, worker: WorkerHandle) -> None:
        """Let it take what waits."""
        if worker not in self._serving:
            return
        if not worker.batches:
            self._idle.append(worker)
        if self._waiting:
            self._hand_out_soon()

    def worker_recalled(self, requests: list[Request]) -> None:
        """Give to others what a worker had no time for."""
        self._put_back(requests)

    def worker_lost(self, worker: WorkerHandle, begun: list[Request], not_begun: list[Request]) -> None:
        """Give what it held to another, and have it replaced."""
        was_serving = worker in self._serving
        self._forget(worker)
        self._put_back(not_begun)
        for request in reversed(begun):
            self._try_again(request, was_alone=len(begun) == 1)
        if was_serving:
            self.lost_listener(worker)

    def worker_logged(self, text: str, request: Request | None) -> None:
        """Write what score.py printed."""
        self._logs.add(LogFact("predict", time.time(), text, request.opc_request_id if request else None))

    def _hand_out_soon(self) -> None:
        """At the end of this round of the event loop, when all that has arrived together is here."""
        if not self._is_hand_out_due:
            self._is_hand_out_due = True
            self._loop.call_soon(self._hand_out)

    def _hand_out(self) -> None:
        """Give the idle workers what they should take now."""
        self._is_hand_out_due = False
        self._policy.crowd = max(self._policy.crowd, self._under_way())
        while self._waiting and (worker := self._taker()) is not None:
            hold_back_s = 0.0 if self._has_held_back else self._hold_back_s(worker)
            if hold_back_s:
                if self._holding_back is None:
                    self._holding_back = self._loop.call_later(hold_back_s, self._end_holding_back)
                break
            batch = self._batch_of(self._share_of(worker))
            if batch:
                if not worker.batches:
                    self._idle.remove(worker)
                worker.send(batch)
                self._forget_holding_back()
        if self._waiting and self._overdue_check is None:
            self._check_overdue_at(self._waiting[0].arrived_s + self.wait_timeout_s)

    def _taker(self) -> WorkerHandle | None:
        """Say which worker should take what waits: an idle one, or, where batches are quick, the one that is busy."""
        if self._policy.is_doubled and not self._waiting[0].goes_alone:
            for worker in self._serving:
                if worker.has_room:
                    return worker
        return self._idle[-1] if self._idle else None

    def _in_flight(self) -> int:
        return sum(worker.held for worker in self._serving)

    def _under_way(self) -> int:
        return len(self._waiting) + self._in_flight()

    def _share_of(self, worker: WorkerHandle) -> int:
        """Say how many requests this worker should take at once."""
        if not worker.may_share:
            return 1
        return min(worker.batch_limit, self._policy.share(len(self._serving)))

    def _hold_back_s(self, worker: WorkerHandle) -> float:
        """Say how long an idle worker should leave alone what waits now: not at all where its share is there."""
        if self._waiting[0].goes_alone or len(self._waiting) >= self._share_of(worker):
            return 0.0
        if worker.batches and self._under_way() >= self._policy.crowd:
            return 0.0  # all are here, and lose nothing behind the batch that runs
        return GATHER_S if self._policy.is_spread or not self._in_flight() else HOLD_BACK_S

    def _end_holding_back(self) -> None:
        self._holding_back, self._has_held_back = None, True
        self._policy.crowd = self._under_way()
        self._hand_out()

    def _forget_holding_back(self) -> None:
        self._has_held_back = False
        if self._holding_back is not None:
            self._holding_back.cancel()
            self._holding_back = None

    def _batch_of(self, limit: int) -> list[Request]:
        batch: list[Request] = []
        size_bytes = 0
        while self._waiting and len(batch) < limit:
            head = self._waiting[0]
            size_bytes += len(head.body)
            if batch and (head.goes_alone or size_bytes > BATCH_LIMIT_BYTES):
                break
            request = self._take()
            if request.is_done:
                continue
            batch.append(request)
            if request.goes_alone:
                break
        return batch

    def _take(self) -> Request:
        request = self._waiting.popleft()
        self._waiting_bytes -= len(request.body)
        return request

    def _try_again(self, request: Request, *, was_alone: bool) -> None:
        request.deaths += 1
        request.lone_deaths += was_alone
        if not request.may_be_tried_again:
            request.fail(refusal(500, "The worker died while it streamed the answer"))
            return
        if request.lone_deaths >= LONE_DEATHS:
            message = f"{request.deaths} workers died while they ran this request; it is not tried again"
            self.worker_logged(message, request)
            request.resolve(refusal(500, message))
            return
        self._put_back([request])

    def _put_back(self, requests: list[Request]) -> None:
        if self._closing is not None:
            for request in requests:
                request.fail(self._closing)
            return
        self._waiting.extendleft(reversed(requests))
        self._waiting_bytes += sum(len(request.body) for request in requests)
        if requests:
            self._hand_out_soon()

    def _check_overdue_at(self, at_s: float) -> None:
        self._overdue_check = self._loop.call_at(at_s, self._refuse_overdue)

    def _refuse_overdue(self) -> None:
        self._overdue_check = None
        while self._waiting:
            oldest_until_s = self._waiting[0].arrived_s + self.wait_timeout_s
            if not self._waiting[0].is_done and oldest_until_s > self._loop.time():
                self._check_overdue_at(oldest_until_s)
                return
            self._take().resolve(refusal(503, f"No worker was free within {self.wait_timeout_s:g} s"))

    def _forget(self, worker: WorkerHandle) -> None:
        self._serving.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
