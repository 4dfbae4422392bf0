"""The supervisor's end of one worker process: spawn it, hand it requests, notice what becomes of it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
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
from model_server.process_identity import ProcessIdentity
from model_server.request import Request, StreamRequest
from model_server.worker_process import WorkerOrigin, WorkerProcess

ERRORS_FROM = 400
SHARED_PATIENCE_S = 5.0  # a hundred times what a batch should take: one of its requests hangs, the others must not
EXIT_TIMEOUT_S = 5.0  # for a worker that was let go to run its exit handlers


class WorkerEvents(Protocol):
    """Who is told what becomes of a worker."""

    def worker_answered(self, worker: WorkerHandle, size: int, took_s: float) -> None:
        """It has answered a batch of `size` requests."""

    def worker_lost(self, worker: WorkerHandle, requests: list[Request]) -> None:
        """It died; `requests` is what it held and may be tried again."""

    def worker_logged(self, text: str, request: Request | None) -> None:
        """score.py printed a line."""


class WorkerHandle(asyncio.Protocol):
    """One worker process. `loaded` is done when it is ready or when it is known that it will not be."""

    def __init__(self, process: WorkerProcess, events: WorkerEvents, predict_timeout_s: float) -> None:
        self.pid = process.pid
        self.identity = ProcessIdentity.of(process.pid)
        self.batch: list[Request] = []
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
        self._until_s = float("inf")  # of what it holds
        self._deadline: asyncio.TimerHandle | None = None
        self._sent_at = 0.0
        self.is_lost = False
        self.ended = asyncio.get_running_loop().create_task(self._wait_for_end())

    @classmethod
    async def begin(cls, spec: DeploymentSpec, origin: WorkerOrigin, events: WorkerEvents) -> WorkerHandle:
        """Begin the process; returns before the artifact is loaded."""
        process, connection = await origin.begin(spec.artifact_dir, spec.environment, spec.instances)
        handle = cls(process, events, spec.predict_timeout_s)
        await asyncio.get_running_loop().create_unix_connection(lambda: handle, sock=connection)
        return handle

    def send(self, batch: list[Request]) -> None:
        """Hand it a batch; it must hold none."""
        self.batch = batch
        self._sent_at = time.perf_counter()
        patience_s = self._predict_timeout_s if len(batch) == 1 else min(SHARED_PATIENCE_S, self._predict_timeout_s / 4)
        self._expect_within(patience_s)
        assert self._transport is not None  # noqa: S101  a worker becomes idle only over its connection
        if isinstance(batch[0], StreamRequest):
            (request,) = batch
            self._transport.write(encode(Kind.STREAM, request.number, bytes((request.form,)) + request.body))
            return
        members = [Member(request.number, request.form, request.body, request.claim) for request in batch]
        self._transport.writelines(encode_batch(Kind.PREDICT, members))

    def retire(self) -> None:
        """Give it no more requests; it ends after those it holds."""
        self.is_retired = True
        if not self.batch:
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
            held = next((request for request in self.batch if request.number == frame.number), None)
            self._events.worker_logged(frame.payload.decode(errors="replace"), held)
        elif frame.kind is Kind.READY:
            self.may_share = json.loads(frame.payload)["may_share"]
            if not self.loaded.done():
                self.loaded.set_result(None)
        elif frame.kind is Kind.LOAD_FAILED and not self.loaded.done():
            told = json.loads(frame.payload)
            self.loaded.set_exception(ArtifactDoesNotLoad(told["message"], told["traceback"]))

    def _streamed(self, frame: Frame) -> None:
        (request,) = self.batch
        if not isinstance(request, StreamRequest) or request.number != frame.number:
            raise FrameError(f"A piece of a stream came for request {frame.number}, which is none")
        if frame.kind is Kind.STREAM_END:
            self._end_stream(request, frame)
        elif request.is_done:  # the client has left; score.py would go on for nobody
            self.kill()
        else:
            self._expect_within(self._predict_timeout_s)
            request.piece(frame.payload)

    def _end_stream(self, request: StreamRequest, frame: Frame) -> None:
        (status,) = STATUS.unpack_from(frame.payload)
        request.model_latency_ms = (time.perf_counter() - self._sent_at) * 1000
        if status < ERRORS_FROM:
            request.end()
        else:
            request.fail(Answer(status, frame.payload[STATUS.size :]))
        self._batch_is_done()

    def _batch_is_done(self) -> None:
        batch, self.batch = self.batch, []
        self._until_s = float("inf")
        self.answered += len(batch)
        self._events.worker_answered(self, len(batch), time.perf_counter() - self._sent_at)
        if self.is_retired:
            self._let_go()

    def _answered(self, members: list[Member]) -> None:
        batch = self.batch
        if [member.number for member in members] != [request.number for request in batch]:
            raise FrameError(f"{len(members)} answers do not belong to the {len(batch)} requests that were sent")
        took_s = time.perf_counter() - self._sent_at
        for request, member in zip(batch, members, strict=True):
            request.model_latency_ms = took_s * 1000
            request.resolve(Answer(member.word, member.body))
        self._batch_is_done()

    def _predict_timed_out(self) -> None:
        """Refuse a request that ran alone; what ran with others is tried again alone: only the slow one fails."""
        if len(self.batch) == 1:
            (request,) = self.batch
            self.batch = []
            request.model_latency_ms = self._predict_timeout_s * 1000
            message = f"score.py did not answer within {self._predict_timeout_s:g} s; its worker {self.pid} is replaced"
            self._events.worker_logged(message, request)
            request.fail(refusal(500, message))
        self.kill()
        self._lost()

    def _expect_within(self, patience_s: float) -> None:
        """Hear of it when this time is over. One timer goes on for many batches: to set each its own costs as much."""
        self._until_s = self._loop.time() + patience_s
        if self._deadline is not None and self._deadline.when() > self._until_s:
            self._cancel_deadline()
        if self._deadline is None:
            self._deadline = self._loop.call_at(self._until_s, self._look_at_the_time)

    def _look_at_the_time(self) -> None:
        self._deadline = None
        if not self.batch:
            return
        if self._loop.time() >= self._until_s:
            self._predict_timed_out()
        else:
            self._deadline = self._loop.call_at(self._until_s, self._look_at_the_time)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _let_go(self) -> None:
        if self._transport is not None:
            self._transport.close()
        asyncio.get_running_loop().call_later(EXIT_TIMEOUT_S, self.kill)

    def _lost(self) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        self._cancel_deadline()
        batch, self.batch = self.batch, []
        if not self.is_retired:
            self.kill()
        if self._transport is not None:
            self._transport.close()
        if not self.loaded.done():
            self.loaded.set_exception(ArtifactDoesNotLoad("The worker process ended while it loaded score.py"))
            self.loaded.exception()  # read here: nobody may wait for a worker that is being replaced
        self._events.worker_lost(self, batch)

    async def _wait_for_end(self) -> None:
        """Reap the process; a child of its own may still hold the stream open, so this counts as its end too."""
        await self._process.wait()
        self._lost()
