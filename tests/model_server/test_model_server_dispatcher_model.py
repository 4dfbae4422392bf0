"""Dispatcher and WorkerHandle under everything that can happen, on a clock of their own.

Arrivals, quick and slow and hanging and deadly requests, streams, clients that leave, deaths, updates, scaling: every
request is resolved once, with its own answer, and none waits while a worker is free and nothing will wake the
dispatcher. The workers are made up, but speak in real frames; time passes only where nothing else is to be done.
"""

from __future__ import annotations

import asyncio
import os
import selectors
from collections import Counter
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_server import worker_handle
from model_server.dispatcher import HOLD_BACK_S, Dispatcher
from model_server.frames import (
    STATUS,
    BodyForm,
    FrameDecoder,
    Kind,
    Member,
    decode_batch,
    encode,
    encode_batch,
    without_recalled,
)
from model_server.request import Request, StreamRequest
from model_server.worker_handle import RECALL_AFTER_S, WorkerHandle

TOOK_S = {"quick": 0.0001, "slow": 0.008, "nearly": RECALL_AFTER_S - 0.0004, "slower": 0.03, "slowest": 0.3}
PREDICT_TIMEOUT_S = 2.0
ON_ITS_WAY_S = 0.0002
RESTART_S = 0.02
ROUNDS = 300_000  # of the event loop in one example: more is a loop that never sleeps


class _Clock(selectors.BaseSelector):
    """A selector that never finds anything, and lets time pass instead of waiting."""

    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self.now_s = 1000.0
        self.rounds = 0

    def select(self, timeout=None):
        self.rounds += 1
        assert self.rounds < ROUNDS, "the event loop does not come to rest"
        assert timeout is not None, "nothing will ever happen again"
        self.now_s += max(0.0, timeout)
        return []

    def register(self, fileobj, events, data=None):
        return self._selector.register(fileobj, events, data)

    def unregister(self, fileobj):
        return self._selector.unregister(fileobj)

    def get_map(self):
        return self._selector.get_map()

    def close(self):
        self._selector.close()


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.clock = _Clock()
        super().__init__(self.clock)

    def time(self):
        return self.clock.now_s


class _Logs:
    def __init__(self):
        self.facts = []

    def add(self, fact):
        self.facts.append(fact)


class _Process:
    """A worker's process and both ends of its connection: what either writes is on its way for a moment."""

    def __init__(self, *, may_share):
        self.pid = os.getpid()
        self.handle = None
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        self._is_dead = self._is_closed = False
        self._inbox = asyncio.Queue()
        self._last_at_s = 0.0
        self._run = self._loop.create_task(self._serve(may_share=may_share))

    # what WorkerHandle asks of a process
    def kill(self):
        self._die()

    async def wait(self):
        await self._ended

    # what it asks of a transport
    def write(self, data):
        assert not self._is_closed
        self._later(self._inbox.put_nowait, bytes(data))

    def writelines(self, pieces):
        self.write(b"".join(pieces))

    def close(self):
        if not self._is_closed:
            self._is_closed = True
            self._later(self._inbox.put_nowait, b"")
            self._loop.call_soon(self.handle.connection_lost, None)

    def _later(self, act, *arguments):
        """In the order of the calls."""
        self._last_at_s = max(self._last_at_s + 1e-9, self._loop.time() + ON_ITS_WAY_S)
        self._loop.call_at(self._last_at_s, act, *arguments)

    def _die(self):
        if not self._is_dead:
            self._is_dead = True
            self._run.cancel()
            self._later(self._end)

    def _end(self):
        if not self._is_closed:
            self.handle.connection_lost(None)
        if not self._ended.done():
            self._ended.set_result(None)

    def _send(self, data):
        self._later(self._receive, data)

    def _receive(self, data):
        if not self._is_closed:
            self.handle.data_received(data)

    async def _serve(self, *, may_share):
        decoder, arrived = FrameDecoder(), []
        self._send(encode(Kind.READY, 0, b'{"may_share": true}' if may_share else b'{"may_share": false}'))
        while data := await self._inbox.get() + self._there():
            arrived += decoder.feed(data)
            while arrived := without_recalled(arrived):
                await self._answer(arrived.pop(0))
                arrived += decoder.feed(self._there()) if arrived else []
        self._die()

    def _there(self):
        data = b""
        while not self._inbox.empty():
            data += self._inbox.get_nowait()
        if self._is_closed:
            self._inbox.put_nowait(b"")  # its end is met again
        return data

    async def _answer(self, frame):
        if frame.kind is Kind.STREAM:
            for _ in range(3):
                await self._work(frame.number, frame.payload[1:])
                self._send(encode(Kind.CHUNK, frame.number, frame.payload[1:]))
            self._send(encode(Kind.STREAM_END, frame.number, STATUS.pack(200)))
            return
        members = decode_batch(frame.payload)
        for member in members:
            await self._work(member.number, member.body)
        answers = [Member(member.number, 200, member.body) for member in members]
        data = b"".join(encode_batch(Kind.ANSWERS, answers))
        self._send(data[:7])
        self._send(data[7:])

    async def _work(self, number, body):
        kind = body.split()[1].decode()
        self._send(encode(Kind.LOG, number, body))
        if kind == "deadly":
            self._die()
        await asyncio.sleep(TOOK_S.get(kind, 1e6))


class _Scene:
    def __init__(self, instances, *, may_share):
        self.logs = _Logs()
        self.dispatcher = Dispatcher(self.logs, 1e6, 10_000)
        self.dispatcher.lost_listener = self._lost
        self.requests, self.kinds, self.answers, self.pieces = {}, {}, {}, {}
        self.times_answered, self.kills, self.is_closed = Counter(), 0, False
        self._may_share = may_share
        self.workers = []
        self.scale(instances)

    def worker(self):
        process = _Process(may_share=self._may_share)
        process.handle = WorkerHandle(process, self.dispatcher, PREDICT_TIMEOUT_S)
        process.handle.connection_made(process)
        return process.handle

    def ask(self, kinds):
        for kind in kinds:
            self.ask_one(kind)

    def crowd(self, count):
        self.ask(["quick"] * count)

    def stream(self, kind):
        self.ask_one(kind, is_stream=True)

    def ask_one(self, kind, *, is_stream=False):
        name = str(len(self.requests))
        body, now_s = f"{name} {kind}".encode(), asyncio.get_running_loop().time()
        if is_stream:
            stream = SimpleNamespace(begin=lambda: None, piece=self.pieces.setdefault(name, []).append)
            stream.end = lambda failure: self._count(name, failure.status if failure else 200, body)
            request = StreamRequest(BodyForm.JSON, body, name, now_s, self._answered, stream)
        else:
            request = Request(BodyForm.JSON, body, name, now_s, self._answered)
        self.requests[name], self.kinds[name] = request, kind
        self.dispatcher.submit(request)

    def abandon(self, place):
        undone = [name for name in self.requests if not self.times_answered[name]]
        if undone:
            self.requests[undone[place % len(undone)]].abandon()

    def kill(self, place):
        if self.workers:
            self.kills += 1
            self.workers[place % len(self.workers)].kill()

    def scale(self, instances):
        while len(self.workers) < instances:
            self._admit(self.worker())
        surplus, self.workers = self.workers[instances:], self.workers[:instances]
        self.dispatcher.retire(surplus)

    def update(self, _nothing):
        old, self.workers = self.workers, []
        self.dispatcher.retire(old)
        self.scale(len(old))

    def learn(self, learnt):
        """Whatever was learnt of requests that were answered before, right or wrong."""
        crowd, slowness, batch_limit = learnt
        self.dispatcher._policy.crowd, self.dispatcher._policy._slowness = crowd, slowness
        for worker in self.workers:
            worker.batch_limit = batch_limit

    def learn_and_ask(self, learnt_and_kinds):
        learnt, kinds = learnt_and_kinds
        self.learn(learnt)
        self.ask(kinds)

    def close(self):
        self.is_closed = True
        self.dispatcher.close("over")

    def _admit(self, worker):
        self.workers.append(worker)

        def loaded(done):
            if not done.exception() and worker in self.workers and not worker.is_lost:
                self.dispatcher.admit([worker])
            elif worker in self.workers:
                self._lost(worker)

        worker.loaded.add_done_callback(loaded)

    def _lost(self, worker):
        if worker in self.workers:
            self.workers.remove(worker)
            asyncio.get_running_loop().call_later(RESTART_S, lambda: self._admit(self.worker()))

    def _answered(self, request, answer):
        self._count(request.opc_request_id, answer.status, answer.body)

    def _count(self, name, status, body):
        self.times_answered[name] += 1
        self.answers[name] = (status, body)

    def check_now(self):
        """What is true whenever the event loop is between two callbacks."""
        dispatcher = self.dispatcher
        idle = dispatcher._idle
        assert len(set(idle)) == len(idle)
        assert {worker for worker in dispatcher._serving if not worker.batches} == set(idle)
        assert dispatcher._waiting_bytes == sum(len(request.body) for request in dispatcher._waiting)
        if dispatcher._waiting and idle and not dispatcher._is_hand_out_due:
            holding_back = dispatcher._holding_back
            assert holding_back is not None
            assert holding_back.when() <= asyncio.get_running_loop().time() + HOLD_BACK_S
        for worker in dispatcher._serving:
            assert len(worker.batches) <= worker_handle.BATCHES
            if worker.batches and not worker.batches[0].is_recalled and worker.batches[0].requests[0].goes_alone:
                assert len(worker.batches) == 1
            assert not any(batch.requests[0].goes_alone and not batch.is_recalled for batch in list(worker.batches)[1:])
        held = Counter(
            request.number
            for worker in dispatcher._serving
            for batch in worker.batches
            if not batch.is_recalled
            for request in batch.requests
        )
        held.update(request.number for request in dispatcher._waiting)
        assert not held or max(held.values()) == 1

    def check_in_the_end(self):
        for name, request in self.requests.items():
            assert request.is_done, f"{name} {self.kinds[name]} was never answered"
            assert self.times_answered[name] <= 1
            if name in self.answers:
                self._check_answer(name, *self.answers[name])
        for fact in self.logs.facts:
            name, _, kind = fact.message.partition(" ")
            if self.kinds.get(name) == kind:
                assert fact.opc_request_id in {name, None}  # None: what a worker printed after it was given up

    def _check_answer(self, name, status, body):
        kind = self.kinds[name]
        good = {200} if kind in TOOK_S else {500}
        if self.is_closed:
            good.add(503)
        if self.kills >= (1 if name in self.pieces else 2):  # and once for a neighbour's sake
            good.add(500)
        assert status in good, f"{name} {kind}: {status} {body}"
        if status == 200:
            assert body == f"{name} {kind}".encode()
            assert self.pieces.get(name, [body] * 3) == [body] * 3


_KINDS = st.sampled_from(
    ["quick"] * 8 + ["slow", "nearly", "nearly", "slower", "slower", "slowest", "hanging", "deadly"]
)
_LEARNT = st.tuples(
    st.sampled_from([1, 6, 8, 12, 100]), st.sampled_from([0.0, 0.0, 0.0, 1.5]), st.sampled_from([1, 4, 64])
)
_BEHIND_NEARLY = st.permutations(["nearly", *["quick"] * 3]).map(lambda first: [*first, *["quick"] * 4])
_LEARNT_AND_KINDS = st.tuples(_LEARNT, st.lists(_KINDS, min_size=6, max_size=16))
_STEPS = st.one_of(
    st.tuples(st.just("ask"), st.one_of(st.just(["quick"] * 8), st.lists(_KINDS, min_size=1, max_size=16))),
    st.tuples(st.just("crowd"), st.integers(1, 40)),
    st.tuples(st.just("learn"), _LEARNT),
    st.tuples(st.just("learn_and_ask"), _LEARNT_AND_KINDS),
    st.tuples(st.just("learn_and_ask"), st.tuples(st.just((8, 0.0, 64)), _BEHIND_NEARLY)),
    st.tuples(st.just("stream"), _KINDS),
    st.tuples(st.just("abandon"), st.integers(0, 20)),
    st.tuples(st.just("kill"), st.integers(0, 3)),
    st.tuples(st.just("scale"), st.integers(1, 3)),
    st.tuples(st.just("update"), st.none()),
)
_PAUSES = st.sampled_from([0.0, 0.0001, 0.0003, 0.0006, 0.001, 0.003, 0.0199, 0.0201, 0.0205, 0.05, 0.6, 2.5])


async def _play(steps, instances, *, may_share, closes):
    scene = _Scene(instances, may_share=may_share)
    for (what, how), pause_s in steps:
        getattr(scene, what)(how)
        scene.check_now()
        await _look_on(scene, pause_s)
    if closes:
        scene.close()
    for _ in range(1000):
        if all(request.is_done for request in scene.requests.values()):
            break
        await asyncio.sleep(1.0)
        scene.check_now()
    scene.check_in_the_end()
    await _leave(scene)


async def _look_on(scene, pause_s):
    loop = asyncio.get_running_loop()
    until_s = loop.time() + pause_s
    while True:
        await asyncio.sleep(min(0.0005, max(0.0, until_s - loop.time())))
        scene.check_now()
        if loop.time() >= until_s or until_s - loop.time() < 1e-6:
            return


async def _leave(scene):
    """Let all workers go; claim that nothing of them is left in the event loop."""
    await asyncio.sleep(PREDICT_TIMEOUT_S * 5)
    scene.check_now()
    assert not any(worker.batches for worker in scene.workers)
    workers = scene.workers
    scene.dispatcher.retire(workers)
    await asyncio.wait([worker.ended for worker in workers])
    await asyncio.sleep(worker_handle.EXIT_TIMEOUT_S * 2)
    loop = asyncio.get_running_loop()
    left = [timer for timer in loop._scheduled if not timer.cancelled()]
    assert all(timer.when() > loop.time() + 1e5 for timer in left), left  # what hangs in a worker, the overdue check


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(st.tuples(_STEPS, _PAUSES), min_size=3, max_size=20),
    instances=st.integers(1, 3),
    may_share=st.sampled_from([True, True, True, False]),
    closes=st.booleans(),
)
def test_every_request_is_resolved_once_whatever_happens(steps, instances, may_share, closes):
    with asyncio.Runner(loop_factory=_Loop) as runner:
        before = worker_handle.time
        worker_handle.time = SimpleNamespace(perf_counter=runner.get_loop().time)
        try:
            runner.run(_play(steps, instances, may_share=may_share, closes=closes))
        finally:
            worker_handle.time = before
