"""The timer that is set again and again, on the event loop that the supervisor has."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from model_server.lazy_timer import LazyTimer


@pytest.fixture
def played():
    def play(script):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(script())

    return play


def test_it_calls_once_and_can_be_set_again_then(played):
    async def script():
        called = asyncio.Queue()
        timer = LazyTimer(asyncio.get_running_loop(), lambda: called.put_nowait(1))
        for _ in range(60):
            timer.set(0.005)
            await asyncio.wait_for(called.get(), 10)
        return called.qsize()

    assert played(script) == 0


def test_what_is_nearly_over_is_over(played):
    """What uvloop gives for a time of less than half a millisecond is no timer: it has no `when`, and set() asks it."""

    async def script():
        called = []
        timer = LazyTimer(asyncio.get_running_loop(), lambda: called.append(1))
        timer.set(0.0004)
        timer._look()
        timer.set(5.0)
        timer.end()
        return called

    assert played(script) == [1]


def test_what_was_cleared_is_not_called(played):
    async def script():
        called = []
        timer = LazyTimer(asyncio.get_running_loop(), lambda: called.append(1))
        timer.set(0.002)
        timer.clear()
        await asyncio.sleep(0.02)
        return called

    assert played(script) == []
