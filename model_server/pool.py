"""The workers of one artifact: so many as the spec says, each replaced when it dies."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from model_server.deployment_spec import DeploymentSpec
from model_server.dispatcher import Dispatcher
from model_server.errors import ArtifactDoesNotLoad
from model_server.worker_handle import WorkerHandle
from model_server.worker_process import WorkerOrigin

BACKOFF_FIRST_S = 0.1
BACKOFF_LIMIT_S = 10.0


def backoff_s(failures_in_a_row: int) -> float:
    """Give the pause before a replacement: none after a first death, then doubling up to a limit."""
    return 0.0 if failures_in_a_row <= 1 else min(BACKOFF_LIMIT_S, BACKOFF_FIRST_S * 2.0 ** (failures_in_a_row - 2))


class Pool:
    """Workers of one artifact and environment. `changed` is called when the set of workers has changed."""

    def __init__(
        self, spec: DeploymentSpec, origin: WorkerOrigin, dispatcher: Dispatcher, changed: Callable[[], None]
    ) -> None:
        self.workers: list[WorkerHandle] = []
        self.last_error: str | None = None
        self._spec = spec
        self._origin = origin
        self._dispatcher = dispatcher
        self._changed = changed
        self._failures_in_a_row = 0
        self._is_retired = False
        self._replacements: set[asyncio.Task[None]] = set()

    async def load(self, count: int) -> list[WorkerHandle]:
        """Start `count` workers and wait until all have loaded; raises ArtifactDoesNotLoad and leaves none."""
        if not _has_score(self._spec.artifact_dir):
            raise ArtifactDoesNotLoad(
                f"The artifact has no score.py: {self._spec.artifact_dir / 'score.py'} is not a file"
            )
        spawned: list[WorkerHandle] = []
        try:
            async with asyncio.timeout(self._spec.load_timeout_s):
                for _ in range(count):
                    spawned.append(await self._spawn())  # noqa: PERF401  a cancelled loop must leave what it has spawned
                await asyncio.gather(*(worker.loaded for worker in spawned))
        except TimeoutError as error:
            await _end(spawned)
            raise ArtifactDoesNotLoad(f"score.py did not load within {self._spec.load_timeout_s:g} s") from error
        except BaseException:
            await _end(spawned)
            raise
        return spawned

    def serve(self, workers: list[WorkerHandle]) -> None:
        """Let loaded workers take requests; one that has died since is replaced."""
        self.workers += workers
        self._dispatcher.admit(worker for worker in workers if not worker.is_lost)
        self._changed()
        for worker in workers:
            if worker.is_lost:
                self.replace(worker)

    async def scale(self, spec: DeploymentSpec) -> None:
        """Have as many workers as `spec.instances`, without touching the others."""
        missing = spec.instances - len(self.workers) - len(self._replacements)
        loaded = await self.load(missing) if missing > 0 else []
        self._spec = spec
        if loaded:
            self.serve(loaded)
        elif missing < 0:
            surplus = self.workers[spec.instances :]
            self.workers = self.workers[: spec.instances]
            self._dispatcher.retire(surplus)
            self._changed()

    def retire(self) -> list[WorkerHandle]:
        """Let all workers go after the requests they hold; gives them, to wait for their `ended`."""
        self._is_retired = True
        for replacement in self._replacements:
            replacement.cancel()
        retired, self.workers = self.workers, []
        self._dispatcher.retire(retired)
        return retired

    async def wait_for_replacements(self) -> None:
        """Return when nothing of this pool, after `retire`, is being begun any more."""
        await asyncio.gather(*self._replacements, return_exceptions=True)

    def replace(self, worker: WorkerHandle) -> None:
        """Start another worker for one that died; does nothing for a worker that is not of this pool."""
        if worker not in self.workers:
            return
        self.workers.remove(worker)
        self._failures_in_a_row = 1 if worker.answered else self._failures_in_a_row + 1
        sys.stderr.write(f"worker {worker.pid} died and is replaced\n")
        self._changed()
        self._start_replacement()

    def _start_replacement(self) -> None:
        task = asyncio.get_running_loop().create_task(self._replace_until_loaded())
        self._replacements.add(task)
        task.add_done_callback(self._replacements.discard)

    async def _replace_until_loaded(self) -> None:
        while not self._is_retired:
            await asyncio.sleep(backoff_s(self._failures_in_a_row))
            try:
                loaded = await self.load(1)
            except ArtifactDoesNotLoad as error:
                self._failures_in_a_row += 1
                self.last_error = f"A replaced worker does not load: {error}"
                sys.stderr.write(f"{self.last_error}\n{error.traceback}\n")
                continue
            self.last_error = None
            if len(self.workers) < self._spec.instances:
                self.serve(loaded)
            else:  # scaled down meanwhile
                await _end(loaded)
            return

    async def _spawn(self) -> WorkerHandle:
        """Begin one; whoever is cancelled meanwhile leaves none behind that nobody knows."""
        begun = asyncio.ensure_future(WorkerHandle.begin(self._spec, self._origin, self._dispatcher))
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            await _end([await begun])
            raise


def _has_score(artifact_dir: Path) -> bool:
    return (artifact_dir / "score.py").is_file()


async def _end(workers: list[WorkerHandle]) -> None:
    for worker in workers:
        worker.is_retired = True
        worker.kill()
    await asyncio.gather(*(worker.ended for worker in workers), return_exceptions=True)
    for worker in workers:
        if worker.loaded.done() and not worker.loaded.cancelled():
            worker.loaded.exception()  # read, so that a second worker's same failure is not reported as forgotten
