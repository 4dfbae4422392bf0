"""Does what work requests promise, in threads, and writes each step down.

An unfinished work request is all that it remembers: after `kill -9` the next `start` takes each of them up again from
its beginning, which the functions of `deployer` allow. It also keeps running what should run.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from local_oci import artifact_transfer, deployer
from local_oci.deployer import Outcome, Progress, Site
from local_oci.faults import FAILED, NEEDS_ATTENTION, NEVER, Faults, WorkFault
from local_oci.resources import work_request
from local_oci.resources.data_science import data_science_private_endpoint
from local_oci.store import Json, Record, Transaction
from local_oci.supervised import KIND, live, stop_all
from local_oci.writer import Writer, WriterClosed
from model_server.errors import ModelServerError

_WORKERS = 8
_MONITOR_INTERVAL_S = 1.0
_STOP_DRAIN_S = 10.0
_LONGEST_PAUSE_S = 60.0
_FULL_DISK_PAUSE_S = 1.0
_PRIVATE_ENDPOINT = data_science_private_endpoint.KIND
_FAILURES = {
    KIND: "ModelDeploymentFailed",
    "model": "ModelArtifactTransferFailed",
    _PRIVATE_ENDPOINT: "PrivateEndpointFailed",
}
_MOVED = (KIND, _PRIVATE_ENDPOINT)
"""The kinds whose state is what the work ended in."""
_LOG = logging.getLogger("local_oci")


def _settle(_: Site, __: Record, job: Json, progress: Progress) -> Outcome:
    """There is nothing to do on this machine: the state that was promised, by way of the one that is shown."""
    progress("Settling", 50)
    return Outcome(job["target"], {"lifecycleDetails": None})


_WORK: dict[str, Callable[[Site, Record, Json, Progress], Outcome]] = {
    "create": deployer.create,
    "activate": deployer.activate,
    "update": deployer.update,
    "deactivate": deployer.deactivate,
    "delete": deployer.delete,
    "export": artifact_transfer.export,
    "import": artifact_transfer.import_,
    "settle": _settle,
}


class Conductor:
    """Owns the threads between `start` and `close`."""

    def __init__(self, writer: Writer, site: Site, faults: Faults) -> None:
        self._writer = writer
        self._faults = faults
        self._site = site
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="conductor")
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._patience: dict[str, _Patience] = {}
        self._closing = threading.Event()
        self._monitor = threading.Thread(target=self._watch, name="monitor", daemon=True)

    def start(self) -> None:
        """Take up what was under way, and begin to watch."""
        self.resume()
        self._monitor.start()

    def resume(self) -> None:
        """Take up what is under way: after a start, or stuck because of a fault. What is being done is done once."""
        kind = work_request.kind(work_request.DATA_SCIENCE)
        for request in self._writer.run(lambda tx: tx.in_states(kind, *work_request.UNFINISHED)):
            self.begin(request.id)

    def begin(self, request_id: str) -> None:
        """Do a work request, soon, or when the fault that it meets lets it."""
        self._submit(self._begin, request_id)

    def _begin(self, request_id: str) -> None:
        request = self._writer.run(lambda tx: tx.get(request_id))
        if request is None or request.state not in work_request.UNFINISHED:
            return
        met = self._faults.on_work(request.document["operationType"])
        if met.end == NEVER:
            _LOG.warning("work request %s is stuck, as a fault asks", request_id)
        elif met.duration_s > 0:  # a timer, not a wait: many at once must not hold the pool
            timer = threading.Timer(met.duration_s, lambda: self._submit(self._conduct, request_id, met))
            timer.daemon = True
            timer.start()
        else:
            self._conduct(request_id, met)

    def _submit(self, act: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the pool is shut down: the next start takes it up again
            if not self._closing.is_set():
                self._pool.submit(act, *arguments)

    def close(self) -> None:
        """End the deployments' processes. What is under way is left for the next start, where it is taken up again."""
        self._closing.set()
        self._monitor.join()
        self._stop_all()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._stop_all()  # what a job had just begun to start

    def _stop_all(self) -> None:
        stop_all(self._site.folder, self._writer.run(live), _STOP_DRAIN_S)

    def _conduct(self, request_id: str, met: WorkFault) -> None:
        known = self._writer.run(lambda tx: tx.get(request_id))
        if known is None:
            return
        with self._locks[known.parent]:
            request = self._writer.run(lambda tx: tx.get(request_id))
            if request is None or request.state not in work_request.UNFINISHED:
                return
            try:
                outcome = self._meeting(met, request)
            except WriterClosed:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the work request must not stay unfinished
                _LOG.exception("work request %s failed", request_id)
                outcome = Outcome(
                    "FAILED", {"lifecycleDetails": str(error)[:500]}, error=f"{type(error).__name__}: {error}"
                )
            self._write_end(request_id, outcome)

    def _write_end(self, request_id: str, outcome: Outcome) -> None:
        """Write it down, again and again while the disk is full: nobody else would end this work request."""
        while not self._closing.is_set():
            try:
                self._writer.run(lambda tx: _finish(tx, request_id, outcome))
            except sqlite3.OperationalError as error:
                _LOG.warning("the end of %s cannot be written yet: %s", request_id, error)
                self._closing.wait(_FULL_DISK_PAUSE_S)
            else:
                return

    def _meeting(self, met: WorkFault, request: Record) -> Outcome:
        """The work, or how a fault has it end."""
        if met.end == FAILED:
            return Outcome("FAILED", {"lifecycleDetails": met.message}, error=met.message)
        outcome = self._work(request)
        if met.end == NEEDS_ATTENTION and outcome.state == "ACTIVE":
            return replace(outcome, state=met.end, document={**outcome.document, "lifecycleDetails": met.message})
        return outcome

    def _work(self, request: Record) -> Outcome:
        record = self._writer.run(lambda tx: tx.get(request.parent))
        if record is None:
            raise KeyError(request.parent)
        job = request.private["job"]

        def progress(message: str, percent: float) -> None:
            if self._closing.is_set():
                raise WriterClosed("the server is stopping; the next start takes this up again")
            self._writer.run(lambda tx: _step(tx, request.id, message, percent))

        if job["action"] not in _WORK:
            raise ValueError(f"work request {request.id} asks for {job['action']!r}, which nobody does")
        return _WORK[job["action"]](self._site, record, job, progress)

    def _watch(self) -> None:
        """Start again what should run and does not."""
        while not self._closing.is_set():
            try:
                for record in self._writer.run(lambda tx: tx.in_states(KIND, "ACTIVE")):
                    if not self._closing.is_set():
                        self._keep_alive(record.id)
            except sqlite3.OperationalError as error:  # a full disk is not for ever
                _LOG.warning("the deployments could not be looked at: %s", error)
            self._closing.wait(_MONITOR_INTERVAL_S)

    def _keep_alive(self, deployment_id: str) -> None:
        patience = self._patience.setdefault(deployment_id, _Patience())
        lock = self._locks[deployment_id]
        if not patience.is_over() or not lock.acquire(blocking=False):
            return
        try:
            record = self._writer.run(lambda tx: tx.get(deployment_id))
            if record is None or record.state != "ACTIVE":
                return
            if deployer.keep_alive(record):
                patience.reset()
            else:
                patience.grow()
                _LOG.warning("%s had no supervisor; it was started again", deployment_id)
        except (ModelServerError, OSError) as error:
            patience.grow()
            _LOG.warning("%s does not answer and could not be started again: %s", deployment_id, error)
        finally:
            lock.release()


class _Patience:
    """How long to wait before one that does not stay up is started again: twice as long each time."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._pause_s, self._until = 0.0, 0.0

    def grow(self) -> None:
        self._until = time.monotonic() + self._pause_s
        self._pause_s = min(_LONGEST_PAUSE_S, max(1.0, 2 * self._pause_s))

    def is_over(self) -> bool:
        return time.monotonic() >= self._until


def _step(transaction: Transaction, request_id: str, message: str, percent: float) -> None:
    request = transaction.get(request_id)
    if request is not None:
        transaction.save(work_request.progressed(request, transaction.now, message, percent))


def _finish(transaction: Transaction, request_id: str, outcome: Outcome) -> None:
    """The resource's new state and the work request's end, together; nothing where it was cancelled meanwhile."""
    request = transaction.get(request_id)
    record = transaction.get(request.parent) if request else None
    if request is None or record is None:
        raise KeyError(request_id)
    if request.state not in work_request.UNFINISHED:
        return
    error = outcome.error
    if record.kind in _MOVED:
        moved = record.with_state(outcome.state).with_document(**outcome.document)
        transaction.save(moved.with_private(**outcome.private))
    elif outcome.settle and not error:
        error = outcome.settle(transaction)
    if error:
        ended = work_request.failed(request, transaction.now, _FAILURES.get(record.kind, "Failed"), error)
    else:
        words, state = record.kind.replace("_", " "), outcome.state if record.kind in _MOVED else "done"
        ended = work_request.succeeded(request, transaction.now, f"The {words} is {state}")
    transaction.save(ended)
