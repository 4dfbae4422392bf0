"""One deployment as its supervisor serves it: load, update, status."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from functools import partial

from model_server.bandwidth import Bandwidth
from model_server.deployment_spec import DeploymentSpec
from model_server.dispatcher import Dispatcher
from model_server.errors import ArtifactDoesNotLoad, ModelServerError, SpecRefused
from model_server.instance_clock import InstanceClock
from model_server.log_writer import LogFact, LogWriter
from model_server.pool import Pool
from model_server.process_identity import ProcessIdentity
from model_server.spec_checks import check_update, needs_new_workers
from model_server.state_folder import StateFolder, SupervisorRecord
from model_server.supervisor_status import State, SupervisorStatus
from model_server.worker_handle import WorkerHandle
from model_server.worker_process import WorkerOrigin


class Serving:
    """The live state of one deployment. The HTTP edge asks `spec`, `dispatcher` and `logs`; `update` changes them."""

    def __init__(self, spec: DeploymentSpec, folder: StateFolder, myself: ProcessIdentity) -> None:
        self.spec = spec
        self.logs = LogWriter(spec.deployment_id)
        self.logs.direct(spec.access_log, spec.predict_log)
        self.dispatcher = Dispatcher(self.logs, spec.predict_timeout_s, spec.queue_limit_requests)
        self.dispatcher.lost_listener = self._worker_lost
        self.bandwidth = Bandwidth(spec.bandwidth_mbps, asyncio.get_running_loop().time())
        self.state: State = "STARTING"
        self._folder = folder
        self._origin = WorkerOrigin(spec.state_dir.parent)
        self._myself = myself
        self.clock = InstanceClock(self._worker_pids, self._scale_to, spec.memory_limit_bytes)
        self.dispatcher.batch_listener = self.clock.metrics.batches.add
        self._pool = Pool(spec, self._origin, self.dispatcher, self.write_record)
        self._changing = asyncio.Lock()
        self._draining: set[WorkerHandle] = set()

    async def load(self) -> None:
        """Load the first workers; raises ArtifactDoesNotLoad, with the traceback in the predict log too."""
        async with self._changing:
            try:
                loaded = await self._pool.load(self.spec.instances)
            except ArtifactDoesNotLoad as error:
                self._log_failure(error)
                raise
            self.state = "READY"
            self._pool.serve(loaded)
            self.clock.follow(self.spec.autoscaling)
            self.clock.start()

    async def update(self, spec: DeploymentSpec) -> None:
        """Serve another generation; returns when the old workers have ended and nothing reads their artifact any more.

        Raises SpecRefused or ArtifactDoesNotLoad and goes on serving the old one.
        """
        async with self._changing:
            check_update(self.spec, spec)
            spec = self._with_scaled_instances(spec)
            if self.state != "READY":
                raise SpecRefused(f"The deployment is {self.state}; only a READY one can be updated")
            retired: list[WorkerHandle] = []
            try:
                if needs_new_workers(self.spec, spec):
                    retired = await self._move_to(spec)
                else:
                    await self._pool.scale(spec)
            except ArtifactDoesNotLoad as error:
                self._log_failure(error)
                raise
            self.spec = spec
            self.clock.follow(spec.autoscaling)
            self.bandwidth = Bandwidth(spec.bandwidth_mbps, asyncio.get_running_loop().time())
            self.logs.direct(spec.access_log, spec.predict_log)
            self.dispatcher.wait_timeout_s = spec.predict_timeout_s
            self.dispatcher.queue_limit_requests = spec.queue_limit_requests
            await asyncio.to_thread(self._folder.write_spec, spec)
            self.write_record()
            await asyncio.gather(*(asyncio.shield(worker.ended) for worker in retired))

    def _with_scaled_instances(self, spec: DeploymentSpec) -> DeploymentSpec:
        """Keep the number that autoscaling has come to, where the policy stays as it is."""
        if spec.autoscaling is None or spec.autoscaling != self.spec.autoscaling:
            return spec
        return replace(spec, instances=self.spec.instances)

    async def _scale_to(self, instances: int) -> None:
        async with self._changing:
            spec = replace(self.spec, instances=instances)
            await self._pool.scale(spec)
            sys.stderr.write(f"scaled from {self.spec.instances} to {instances} instances\n")
            self.spec = spec
            await asyncio.to_thread(self._folder.write_spec, spec)
            self.write_record()

    def _worker_pids(self) -> list[int]:
        return [worker.pid for worker in self._pool.workers]

    async def _move_to(self, spec: DeploymentSpec) -> list[WorkerHandle]:
        pool = Pool(spec, self._origin, self.dispatcher, self.write_record)
        loaded = await pool.load(spec.instances)
        old, self._pool = self._pool, pool
        retired = old.retire()  # from here to the end of serve() nothing else runs: no request sees both
        pool.serve(loaded)
        self._drain(retired)
        await old.wait_for_replacements()
        return retired

    def _drain(self, workers: list[WorkerHandle]) -> None:
        self._draining.update(workers)
        for worker in workers:
            worker.ended.add_done_callback(partial(self._drained, worker))

    def _drained(self, worker: WorkerHandle, _ended: asyncio.Task[None]) -> None:
        self._draining.discard(worker)

    async def end(self) -> None:
        """End all workers. The edge has drained: what one still holds is over its time, nobody waits for it."""
        self.clock.stop()
        self.dispatcher.close("The deployment is stopped")
        self._drain(self._pool.retire())
        await self._pool.wait_for_replacements()
        for worker in self._draining:
            if worker.batches:
                worker.kill()
        await asyncio.gather(*(worker.ended for worker in self._draining), return_exceptions=True)
        await asyncio.to_thread(self.logs.close)

    def status(self) -> SupervisorStatus:
        """Say how it is."""
        pids = tuple(self._worker_pids())
        return SupervisorStatus(self.state, os.getpid(), pids, self.spec.generation, self._pool.last_error)

    def write_record(self) -> None:
        """Write supervisor.json."""
        workers = [*self._pool.workers, *self._draining]
        identities = tuple(worker.identity for worker in workers if worker.identity is not None)
        self._folder.write_record(SupervisorRecord(self._myself, identities, self.status()))

    def write_failure(self, error: ModelServerError) -> None:
        """Write supervisor.json for the last time: why this supervisor never served."""
        traceback = getattr(error, "traceback", None) or None
        status = replace(self.status(), state="FAILED", supervisor_pid=None, worker_pids=())
        status = replace(status, last_error=str(error), traceback=traceback)
        self._folder.write_record(SupervisorRecord(self._myself, (), status))

    def _log_failure(self, error: ArtifactDoesNotLoad) -> None:
        text = f"The artifact does not load: {error}\n{error.traceback}".rstrip()
        sys.stderr.write(text + "\n")
        self.logs.add(LogFact("predict", time.time(), text, None))

    def _worker_lost(self, worker: WorkerHandle) -> None:
        self._pool.replace(worker)
