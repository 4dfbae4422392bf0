"""The supervisor's end of one worker process: spawn it, hand it requests, notice what becomes of it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from typing import Protocol, cast

from model_server.answer import Answer, refusal
from model_server.deployment_spec import DeploymentSpec
from model_server.errors import ArtifactDoesNotLoad
from model_server.frames import (
    STATUS,
    Frame,
    FrameDecoder,
    FrameError,
    Kind,
    Member,
    decode_batch,
    encode,
    encode_batch,
)
from model_server.lazy_timer import LazyTimer
from model_server.process_identity import ProcessIdentity
from model_server.request import Request, StreamRequest
from model_server.worker_process import WorkerOrigin, WorkerProcess

ERRORS_FROM = 400
SHARED_PATIENCE_S = 5.0  # a hundred times what a batch should take: one of its requests hangs, the others must not
BATCHES = 2  # one that runs and the next, so that the worker need not wait for the supervisor
RECALL_AFTER_S = 0.005  # of the next, where the one that runs takes so long: others may be free
LAST_WORDS_S = 0.05  # for the answers of a worker that has ended to be read
EXIT_TIMEOUT_S = 5.0  # for a worker that was let go to run its exit handlers


class WorkerEvents(Protocol):
    """Who is told what becomes of a worker."""

    def worker_answered(self, worker: WorkerHandle, size: int, took_s: float) -> None:
        """It has answered a batch of `size` requests."""

    def worker_freed(self, worker: WorkerHandle) -> None:
        """It can take another batch."""

    def worker_recalled(self, requests: list[Request]) -> None:
        """What it was to run next has to wait for too long, and should be given to another."""

    def worker_lost(self, worker: WorkerHandle, begun: list[Request], not_begun: list[Request]) -> None:
        """It died, and what it held may be tried again; what it had begun may be why."""

    def worker_logged(self, text: str, request: Request | None) -> None:
        """score.py printed a line."""


class Batch:
    """Requests that a worker was given together. `is_recalled`: others answer them, whatever this worker does."""

    __slots__ = ("is_recalled", "number", "requests")

    def __init__(self, number: int, requests: list[Request]) -> None:
        self.number = number
        self.requests = requests
        self.is_recalled = False


class WorkerHandle(asyncio.Protocol):
    """One worker process. `loaded` is done when it is ready or when it is known that it will not be."""

    def __init__(self, process: WorkerProcess, events: WorkerEvents, predict_timeout_s: float) -> None:
        self.pid = process.pid
        self.identity = ProcessIdentity.of(process.pid)
        self.batches: deque[Batch] = deque()  # the first one runs
        self.batch_limit = 1
        self.may_share = False
        self.is_retired = False
        self.answered = 0
        self._loop = asyncio.get_running_loop()
        self.loaded: asyncio.Future[None] = self._loop.create_future()
        self._process = process
        self._events = events
        self._predict_timeout_s = predict_timeout_s
        self._decoder = FrameDecoder()
        self._transport: asyncio.Transport | None = None
        self._patience = LazyTimer(self._loop, self._predict_timed_out)
        self._recall_due = LazyTimer(self._loop, self._recall)
        self._begun_at = 0.0
        self._last_batch = 0
        self.is_lost = False
        self.ended = asyncio.get_running_loop().create_task(self._wait_for_end())

    @classmethod
    async def begin(cls, spec: DeploymentSpec, origin: WorkerOrigin, events: WorkerEvents) -> WorkerHandle:
        """Begin the process; returns before the artifact is loaded."""
        process, connection = await origin.begin(spec.artifact_dir, spec.environment, spec.instances)
        handle = cls(process, events, spec.predict_timeout_s)
        await asyncio.get_running_loop().create_unix_connection(lambda: handle, sock=connection)
        return handle

    @property
    def has_room(self) -> bool:
        """Tell whether a batch that may share can wait here for the one that runs, which will not take long."""
        return self.may_share and len(self.batches) == 1 and not self.batches[0].requests[0].goes_alone

    @property
    def held(self) -> int:
        """How many requests it holds."""
        return sum(len(batch.requests) for batch in self.batches if not batch.is_recalled)

    def send(self, requests: list[Request]) -> None:
        """Hand it a batch; it must hold none, or have room."""
        self._last_batch = self._last_batch % 0xFFFFFFFF + 1
        self.batches.append(Batch(self._last_batch, requests))
        if len(self.batches) == 1:
            self._begin()
        else:
            self._recall_due.set(RECALL_AFTER_S)
        assert self._transport is not None  # noqa: S101  a worker becomes idle only over its connection
        if isinstance(requests[0], StreamRequest):
            (request,) = requests
            self._transport.write(encode(Kind.STREAM, request.number, bytes((request.form,)) + request.body))
            return
        members = [Member(request.number, request.form, request.body, request.claim) for request in requests]
        self._transport.writelines(encode_batch(Kind.PREDICT, members, self._last_batch))

    def _begin(self) -> None:
        """The first batch runs from now on."""
        self._begun_at = time.perf_counter()
        is_lone = len(self.batches[0].requests) == 1
        self._patience.set(self._predict_timeout_s if is_lone else min(SHARED_PATIENCE_S, self._predict_timeout_s / 4))

    def _recall(self) -> None:
        """Take back what waits behind a batch that takes long."""
        if len(self.batches) < BATCHES or self.batches[-1].is_recalled or self._transport is None:
            return
        batch = self.batches[-1]
        batch.is_recalled = True
        self._transport.write(encode(Kind.RECALL, batch.number, b""))
        self._events.worker_recalled(batch.requests)

    def retire(self) -> None:
        """Give it no more requests; it ends after those it holds."""
        self.is_retired = True
        if not self.batches:
            self._let_go()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is not a subclass

    def data_received(self, data: bytes) -> None:
        """Act on the worker's frames."""
        try:
            for frame in self._decoder.feed(data):
                self._act_on(frame)
        except FrameError as error:
            sys.stderr.write(f"worker {self.pid} is ended: {error}\n")
            self._lost()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the stream for the end of the worker."""
        del exc
        self._lost()

    def _act_on(self, frame: Frame) -> None:
        if frame.kind is Kind.ANSWERS:
            self._answered(decode_batch(frame.payload))
        elif frame.kind in {Kind.CHUNK, Kind.STREAM_END}:
            self._streamed(frame)
        elif frame.kind is Kind.LOG:
            self._events.worker_logged(frame.payload.decode(errors="replace"), self._request(frame.number))
        elif frame.kind is Kind.READY:
            self.may_share = json.loads(frame.payload)["may_share"]
            if not self.loaded.done():
                self.loaded.set_result(None)
        elif frame.kind is Kind.LOAD_FAILED and not self.loaded.done():
            told = json.loads(frame.payload)
            self.loaded.set_exception(ArtifactDoesNotLoad(told["message"], told["traceback"]))

    def _request(self, number: int) -> Request | None:
        return next((one for batch in self.batches for one in batch.requests if one.number == number), None)

    def _streamed(self, frame: Frame) -> None:
        request = self._request(frame.number)
        if not isinstance(request, StreamRequest):
            raise FrameError(f"A piece of a stream came for request {frame.number}, which is none")
        if frame.kind is Kind.STREAM_END:
            self._end_stream(request, frame)
        elif request.is_done:  # the client has left; score.py would go on for nobody
            self.kill()
        else:
            self._patience.set(self._predict_timeout_s)
            request.piece(frame.payload)

    def _end_stream(self, request: StreamRequest, frame: Frame) -> None:
        (status,) = STATUS.unpack_from(frame.payload)
        request.model_latency_ms = (time.perf_counter() - self._begun_at) * 1000
        if status < ERRORS_FROM:
            request.end()
        else:
            request.fail(Answer(status, frame.payload[STATUS.size :]))
        self._batch_is_done()

    def _answered(self, members: list[Member]) -> None:
        if not self.batches:
            raise FrameError(f"{len(members)} answers came where none were expected")
        batch = self.batches[0]
        if members or not batch.is_recalled:  # a recall that came too late does no harm
            if [member.number for member in members] != [request.number for request in batch.requests]:
                raise FrameError(
                    f"{len(members)} answers do not belong to the {len(batch.requests)} requests that were sent"
                )
            took_ms = (time.perf_counter() - self._begun_at) * 1000
            for request, member in zip(batch.requests, members, strict=True):
                request.model_latency_ms = took_ms
                request.resolve(Answer(member.word, member.body))
        self._batch_is_done()

    def _batch_is_done(self) -> None:
        batch, took_s = self.batches.popleft(), time.perf_counter() - self._begun_at
        if self.batches:
            self._begin()
        else:
            self._patience.clear()
        self._recall_due.clear()
        if not batch.is_recalled:
            self.answered += len(batch.requests)
            self._events.worker_answered(self, len(batch.requests), took_s)
        self._events.worker_freed(self)
        if self.is_retired and not self.batches:
            self._let_go()

    def _predict_timed_out(self) -> None:
        """Refuse a request that ran alone; what ran with others is tried again alone: only the slow one fails."""
        batch = self.batches[0]
        if len(batch.requests) == 1 and not batch.is_recalled:
            (request,) = batch.requests
            batch.requests = []
            request.model_latency_ms = self._predict_timeout_s * 1000
            message = f"score.py did not answer within {self._predict_timeout_s:g} s; its worker {self.pid} is replaced"
            self._events.worker_logged(message, request)
            request.fail(refusal(500, message))
        self.kill()
        self._lost()

    def _let_go(self) -> None:
        if self._transport is not None:
            self._transport.close()
        asyncio.get_running_loop().call_later(EXIT_TIMEOUT_S, self.kill)

    def _lost(self) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        self._patience.end()
        self._recall_due.end()
        held = [batch.requests if not batch.is_recalled else [] for batch in self.batches]
        self.batches.clear()
        if not self.is_retired:
            self.kill()
        if self._transport is not None:
            self._transport.close()
        if not self.loaded.done():
            self.loaded.set_exception(ArtifactDoesNotLoad("The worker process ended while it loaded score.py"))
            self.loaded.exception()  # read here: nobody may wait for a worker that is being replaced
        begun, *not_begun = held or [[]]
        self._events.worker_lost(self, begun, [request for requests in not_begun for request in requests])

    async def _wait_for_end(self) -> None:
        """Reap the process; a child of its own may still hold the stream open, so this counts as its end too.

        After a moment: what it has answered may not have been read yet, and is not to be done again.
        """
        await self._process.wait()
        if not self.is_lost:
            await asyncio.sleep(LAST_WORDS_S)
        self._lost()
