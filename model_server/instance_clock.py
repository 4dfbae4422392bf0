"""The clock of a deployment: each interval it measures the instances and asks the autoscaling rules."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from model_server.autoscaling import Autoscaler, Autoscaling
from model_server.metrics import INTERVAL_S, Metrics
from model_server.usage import UsageMeter

ScaleTo = Callable[[int], Awaitable[None]]


class InstanceClock:
    """`worker_pids` says who serves now. `ahead_s` moves the clock: a rehearsal does not wait for cool-downs."""

    def __init__(self, worker_pids: Callable[[], list[int]], scale_to: ScaleTo, memory_limit_bytes: int | None) -> None:
        self.ahead_s = 0.0
        self.metrics = Metrics(self.now_s)
        self._worker_pids = worker_pids
        self._scale_to = scale_to
        self._meter = UsageMeter(memory_limit_bytes)
        self._autoscaler: Autoscaler | None = None
        self._ticking: asyncio.Task[None] | None = None

    def now_s(self) -> float:
        """Give the time, seconds since the epoch, as this deployment sees it."""
        return time.time() + self.ahead_s

    def follow(self, policy: Autoscaling | None) -> None:
        """Scale by this policy from now on; the cool-down begins, as after each change by the user."""
        if policy is not None and self._autoscaler is not None and self._autoscaler.policy == policy:
            self._autoscaler.changed(self.now_s())
        else:
            self._autoscaler = None if policy is None else Autoscaler(policy, self.now_s())

    def start(self) -> None:
        """Tick from now on."""
        self._ticking = asyncio.get_running_loop().create_task(self._tick_for_ever())

    def stop(self) -> None:
        """Tick no more."""
        if self._ticking is not None:
            self._ticking.cancel()

    async def tick(self) -> None:
        """Measure, and scale where the rules say so."""
        pids = self._worker_pids()
        for pid, used in self._meter.read(pids, time.monotonic()).items():
            self.metrics.use(pid, used)
        if self._autoscaler is None:
            return
        wanted = self._autoscaler.wanted(len(pids), self.metrics, self.now_s())
        if wanted != len(pids):
            await self._scale_to(wanted)
            self._autoscaler.changed(self.now_s())

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                await self.tick()
            except Exception as error:  # noqa: BLE001  measuring must go on whatever one scaling ran into
                sys.stderr.write(f"The deployment could not be scaled: {error!r}\n")
