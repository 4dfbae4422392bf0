"""How waiting requests become batches: decided on made-up workers and a clock that only a test moves."""

from __future__ import annotations

import asyncio

import pytest

from model_server.answer import Answer
from model_server.batch_policy import LONE_IN_A_ROW, QUICK_BATCH_S
from model_server.dispatcher import BATCH_LIMIT_BYTES, BATCH_TARGET_S, Dispatcher
from model_server.frames import BodyForm
from model_server.request import Request

QUICK_S, SLOW_S = QUICK_BATCH_S / 2, QUICK_BATCH_S * 8


class Logs:
    def __init__(self):
        self.facts = []

    def add(self, fact):
        self.facts.append(fact)


class Worker:
    def __init__(self, name, *, may_share=True, batch_limit=64):
        self.name, self.may_share, self.batch_limit = name, may_share, batch_limit
        self.batches, self.taken = [], []

    @property
    def batch(self):
        return self.batches[0] if self.batches else []

    @property
    def has_room(self):
        return self.may_share and len(self.batches) == 1 and not self.batch[0].goes_alone

    @property
    def held(self):
        return sum(map(len, self.batches))

    def send(self, batch):
        assert not self.batches or self.has_room
        self.batches.append(batch)
        self.taken.append([request.opc_request_id for request in batch])

    def retire(self):
        pass


class Scene:
    """One dispatcher, its workers, and what was answered."""

    def __init__(self, *workers):
        self.dispatcher = Dispatcher(Logs(), 60.0, 1000)
        self.dispatcher.admit(workers)
        self.answers = {}
        self._asked = 0

    def ask(self, count=1, body=b"1"):
        loop = asyncio.get_running_loop()
        for _ in range(count):
            self._asked += 1
            request = Request(BodyForm.JSON, body, str(self._asked), loop.time(), self._answered)
            self.dispatcher.submit(request)

    def _answered(self, request, answer):
        self.answers[request.opc_request_id] = answer.status

    def answer(self, worker, took_s=QUICK_S):
        batch = worker.batches.pop(0)
        for request in batch:
            request.resolve(Answer(200, b"1"))
        self.dispatcher.worker_answered(worker, len(batch), took_s)
        self.dispatcher.worker_freed(worker)

    def die(self, worker):
        begun, *others = worker.batches
        worker.batches = []
        self.dispatcher.worker_lost(worker, begun, [request for batch in others for request in batch])


async def a_round():
    """Let the event loop run what is due now, and no timer."""
    for _ in range(3):
        await asyncio.sleep(0)


def run(script):
    asyncio.run(script())


def test_one_client_goes_alone_and_at_once():
    async def script():
        worker = Worker("a")
        scene = Scene(worker)
        for number in range(3):
            scene.ask()
            await a_round()
            assert worker.taken[-1] == [str(number + 1)]
            scene.answer(worker)

    run(script)


def test_after_many_requests_of_one_client_the_next_is_handed_out_without_a_round_and_crowds_share_again():
    async def script():
        worker = Worker("a")
        scene = Scene(worker)
        for _ in range(LONE_IN_A_ROW + 1):
            scene.ask()
            await a_round()
            scene.answer(worker)
        scene.ask(3)
        assert worker.taken[-1] == [str(LONE_IN_A_ROW + 2)]
        scene.answer(worker)
        await a_round()
        scene.answer(worker)
        scene.ask(2)
        await a_round()
        assert [len(batch) for batch in worker.taken[-2:]] == [2, 2]

    run(script)


def test_what_arrives_together_is_sent_together():
    async def script():
        worker = Worker("a")
        scene = Scene(worker)
        scene.ask(5)
        await a_round()
        assert worker.taken == [["1", "2", "3", "4", "5"]]

    run(script)


def test_what_waits_while_a_worker_is_busy_is_its_next_batch_in_order():
    async def script():
        worker = Worker("a")
        scene = Scene(worker)
        scene.ask()
        await a_round()
        scene.ask(3)
        scene.answer(worker)
        await a_round()
        assert worker.taken == [["1"], ["2", "3", "4"]]

    run(script)


def test_a_score_py_that_must_not_share_gets_one_by_one_on_all_workers():
    async def script():
        workers = [Worker("a", may_share=False), Worker("b", may_share=False)]
        scene = Scene(*workers)
        scene.ask(3)
        await a_round()
        assert sorted(batch for worker in workers for batch in worker.taken) == [["1"], ["2"]]

    run(script)


def test_slow_batches_are_spread_over_the_workers():
    async def script():
        workers = [Worker("a"), Worker("b")]
        scene = Scene(*workers)
        for _ in range(8):
            scene.ask(8)
            await a_round()
            while any(worker.batches for worker in workers):
                for worker in workers:
                    if worker.batches:
                        scene.answer(worker, took_s=SLOW_S)
                await a_round()
        for worker in workers:
            worker.taken.clear()
        scene.ask(8)
        await a_round()
        assert [len(worker.taken[0]) for worker in workers] == [4, 4]

    run(script)


def crowd_of(count, *workers):
    """Give a scene whose crowd of so many was seen, and answered quickly."""
    scene = Scene(*workers)
    scene.ask(count)
    return scene


def test_a_crowds_quick_requests_are_two_batches_with_one_worker():
    async def script():
        workers = [Worker("a"), Worker("b")]
        scene = crowd_of(8, *workers)
        await a_round()
        (busy,) = (worker for worker in workers if worker.batches)
        assert [len(batch) for batch in busy.taken] == [4, 4]
        for _ in range(5):
            scene.answer(busy)
            scene.ask(4)
            await a_round()
            assert [len(batch) for batch in busy.batches] == [4, 4]

    run(script)


def test_what_is_over_goes_to_another_worker():
    async def script():
        workers = [Worker("a"), Worker("b")]
        scene = crowd_of(8, *workers)
        await a_round()
        scene.ask(8)
        await a_round()
        assert sorted(worker.held for worker in workers) == [8, 8]

    run(script)


def test_an_odd_crowd_does_not_wait_for_one_more():
    async def script():
        worker = Worker("a")
        crowd_of(7, worker)
        await a_round()
        assert [len(batch) for batch in worker.taken] == [4, 3]

    run(script)


def test_a_small_crowds_quick_requests_are_one_batch():
    async def script():
        worker = Worker("a")
        scene = crowd_of(4, worker)
        await a_round()
        scene.answer(worker)
        scene.ask(4)
        await a_round()
        assert [len(batch) for batch in worker.taken] == [4, 4]
        assert worker.held == 4

    run(script)


def test_nothing_waits_behind_a_request_that_goes_alone():
    async def script():
        first, second = Worker("a"), Worker("b")
        scene = crowd_of(8, first)
        await a_round()
        scene.die(first)
        scene.dispatcher.admit([second])
        await a_round()
        for _ in range(4):
            assert [len(batch) for batch in second.batches] == [1]
            scene.answer(second)
            await a_round()
        assert [len(batch) for batch in second.batches] == [4]  # what had not begun may share again

    run(script)


def test_what_a_worker_gives_back_another_takes_first():
    async def script():
        first, second = Worker("a"), Worker("b")
        scene = crowd_of(8, first)
        await a_round()
        recalled = first.batches.pop()
        first.may_share = False  # as one that holds a recalled batch has no room
        scene.ask(1)
        scene.dispatcher.worker_recalled(recalled)
        scene.dispatcher.admit([second])
        await a_round()
        assert second.taken[0] == ["5", "6", "7", "8", "9"]

    run(script)


def test_after_the_close_what_comes_back_is_refused_too():
    async def script():
        worker = Worker("a")
        scene = crowd_of(2, worker)
        await a_round()
        scene.dispatcher.close("over")
        scene.die(worker)
        assert scene.answers == {"1": 503, "2": 503}

    run(script)


def test_a_batch_that_takes_too_long_is_halved_and_a_quick_one_doubled():
    async def script():
        worker = Worker("a", batch_limit=8)
        scene = Scene(worker)
        scene.ask(4)
        await a_round()
        scene.answer(worker, took_s=BATCH_TARGET_S * 2)
        assert worker.batch_limit == 2
        scene.ask(2)
        await a_round()
        scene.answer(worker, took_s=QUICK_S)
        assert worker.batch_limit == 4

    run(script)


def test_large_bodies_do_not_share():
    async def script():
        worker = Worker("a")
        scene = Scene(worker)
        scene.ask(3, body=b"x" * (BATCH_LIMIT_BYTES // 2))
        await a_round()
        assert worker.taken == [["1", "2"]]

    run(script)


def test_after_a_death_each_goes_alone_and_the_one_that_kills_is_given_up():
    async def script():
        scene = Scene(Worker("a"))
        scene.ask(3)
        await a_round()
        first = next(iter(scene.dispatcher._serving))
        scene.die(first)
        for name in "bcdefg":
            worker = Worker(name)
            scene.dispatcher.admit([worker])
            await a_round()
            while worker.batch:
                assert len(worker.batch) == 1
                if worker.batch[0].opc_request_id == "2":
                    scene.die(worker)
                    break
                scene.answer(worker)
                await a_round()
        assert scene.answers == {"1": 200, "2": 500, "3": 200}

    run(script)


def test_a_request_that_was_not_alone_when_workers_died_is_not_blamed_for_it():
    async def script():
        scene = Scene(Worker("a"))
        scene.ask(2)
        await a_round()
        scene.die(next(iter(scene.dispatcher._serving)))  # with both
        for name in ("b", "c"):
            worker = Worker(name)
            scene.dispatcher.admit([worker])
            await a_round()
            assert worker.taken == [["1"]]
            scene.die(worker)
        last = Worker("d")
        scene.dispatcher.admit([last])
        for _ in range(2):
            await a_round()
            scene.answer(last)
        assert scene.answers == {"1": 200, "2": 200}

    run(script)


def test_a_request_whose_client_has_left_is_not_predicted():
    async def script():
        worker = Worker("a")
        scene = Scene(worker)
        scene.ask()
        await a_round()
        scene.ask(2)
        scene.dispatcher._waiting[0].abandon()
        scene.answer(worker)
        await a_round()
        await asyncio.sleep(0.005)
        assert worker.taken[1:] == [["3"]]

    run(script)


@pytest.mark.parametrize("is_before", [True, False])
def test_close_answers_503_to_who_waits_and_who_comes(is_before):
    async def script():
        scene = Scene()
        if is_before:
            scene.ask()
        scene.dispatcher.close("over")
        if not is_before:
            scene.ask()
        assert scene.answers == {"1": 503}

    run(script)
