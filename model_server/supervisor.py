"""Start, ask, update and stop the supervisor of a deployment. All functions are synchronous.

A supervisor is found by its state folder: supervisor.json names its process, spec.json its port, token opens it.
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from model_server import fork_server
from model_server.deployment_spec import DeploymentSpec
from model_server.errors import ArtifactDoesNotLoad, DeploymentFailed, SpecRefused, SupervisorUnreachable
from model_server.fork_server import ForkServerAbsent
from model_server.process_identity import ProcessIdentity
from model_server.spec_checks import check_autoscaling
from model_server.state_folder import StateFolder, SupervisorRecord
from model_server.supervisor_status import SupervisorStatus

POLL_INTERVAL_S = 0.02
BEGIN_POLL_INTERVAL_S = 0.005
ASK_TIMEOUT_S = 5.0
BOOT_TIMEOUT_S = 30.0  # for Python to start on a busy machine
LAST_PORT = 65535
END_TIMEOUT_S = 10.0  # beyond the drain: for exit handlers and the last log lines


def start(spec: DeploymentSpec) -> SupervisorStatus:
    """Have a supervisor serve this spec; returns when its process has begun, `wait_ready` waits for the workers.

    A living supervisor of this deployment is adopted: left alone where it serves this generation, else updated
    (which raises what `update` raises). Raises SpecRefused, SupervisorUnreachable.
    """
    _check(spec)
    folder = StateFolder(spec.state_dir)
    folder.create()
    with folder.starting():
        return _adopt_or_spawn(spec, folder)


def _check(spec: DeploymentSpec) -> None:
    if spec.instances < 1:
        raise SpecRefused(f"instances: must be at least 1, found {spec.instances}")
    if not 0 < spec.port <= LAST_PORT:
        raise SpecRefused(f"port: must be 1 to {LAST_PORT}, found {spec.port}")
    check_autoscaling(spec)


def _adopt_or_spawn(spec: DeploymentSpec, folder: StateFolder) -> SupervisorStatus:
    record = folder.read_record()
    if record is not None and record.supervisor.is_alive() and record.status.state != "FAILED":
        adopted = _status_of_living(spec, record)
        return adopted if adopted.generation == spec.generation else update(spec)
    if record is not None:
        _end_leftovers(record)
    folder.forget_record()
    folder.write_spec(spec)
    return _await_record(folder, _begin(folder))


def status(spec: DeploymentSpec) -> SupervisorStatus:
    """Ask the supervisor how it is; FAILED is known after its end too. Raises SupervisorUnreachable."""
    record = StateFolder(spec.state_dir).read_record()
    if record is None:
        raise SupervisorUnreachable(f"No supervisor of {spec.deployment_id} runs (none in {spec.state_dir})")
    if record.status.state == "FAILED":
        return record.status
    if not record.supervisor.is_alive():
        raise SupervisorUnreachable(
            f"The supervisor of {spec.deployment_id} (pid {record.supervisor.pid}) has ended; its last words may be "
            f"in {StateFolder(spec.state_dir).bootstrap_log}"
        )
    return _status_of_living(spec, record)


def wait_ready(spec: DeploymentSpec, timeout_s: float) -> SupervisorStatus:
    """Wait until the deployment answers.

    Raises ArtifactDoesNotLoad or DeploymentFailed (each with `.traceback`), SupervisorUnreachable, TimeoutError.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        found = status(spec)
        if found.state == "READY":
            return found
        if found.state == "FAILED":
            if found.traceback:
                raise ArtifactDoesNotLoad(str(found.last_error), found.traceback)
            raise DeploymentFailed(str(found.last_error))
        if time.monotonic() > deadline:
            raise TimeoutError(f"{spec.deployment_id} was not READY within {timeout_s:g} s, it is {found.state}")
        time.sleep(POLL_INTERVAL_S)


def update(spec: DeploymentSpec) -> SupervisorStatus:
    """Move the running supervisor to this spec without a failed request; returns when the old workers have ended.

    Raises ArtifactDoesNotLoad (the old goes on serving), SpecRefused, SupervisorUnreachable.
    """
    timeout_s = spec.load_timeout_s + spec.predict_timeout_s + END_TIMEOUT_S
    code, told = _ask(spec, "POST", "update", spec.to_json(), timeout_s)
    if code == http.client.OK:
        return _read_status(spec, told)
    if told.get("code") == "ArtifactDoesNotLoad":
        raise ArtifactDoesNotLoad(told["message"], told["traceback"])
    raise SpecRefused(told["message"])


def stop(spec: DeploymentSpec, drain_timeout_s: float = 30.0) -> None:
    """End the supervisor and its workers; what was accepted is finished first, for at most `drain_timeout_s`.

    Returns when no process of the deployment is left, also where none was.
    """
    folder = StateFolder(spec.state_dir)
    record = folder.read_record()
    if record is None:
        return
    try:
        _ask(spec, "POST", "stop", {"drain_timeout_s": drain_timeout_s}, timeout_s=ASK_TIMEOUT_S)
    except SupervisorUnreachable:
        record.supervisor.send(signal.SIGTERM)
    deadline = time.monotonic() + drain_timeout_s + END_TIMEOUT_S
    while record.supervisor.is_alive() and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL_S)
    record.supervisor.send(signal.SIGKILL)
    _end_leftovers(folder.read_record() or record)
    folder.forget_record()


class _Begun(NamedTuple):
    """A supervisor process that has just begun: our child, or the fork server's."""

    has_ended: Callable[[], bool]
    kill: Callable[[], object]


def _begin(folder: StateFolder) -> _Begun:
    with folder.bootstrap_log.open("ab") as log:
        try:
            wish = {"want": "supervisor", "state_dir": str(folder.path.resolve())}
            pid = fork_server.ask(folder.path.parent, wish, [log.fileno()])["pid"]
        except ForkServerAbsent:
            return _spawn(folder, log)
    identity = ProcessIdentity.of(pid)
    if identity is None:
        return _Begun(lambda: True, lambda: None)
    return _Begun(lambda: not identity.is_alive(), lambda: identity.send(signal.SIGKILL))


def _spawn(folder: StateFolder, log: BinaryIO) -> _Begun:
    process = subprocess.Popen(
        [sys.executable, "-m", "model_server", str(folder.path.resolve())],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=Path(__file__).resolve().parent.parent,
        start_new_session=True,
    )
    # Reaped when it ends, as long as we live; after us it is init's.
    threading.Thread(target=process.wait, name=f"reap {process.pid}", daemon=True).start()
    return _Begun(lambda: process.poll() is not None, process.kill)


def _await_record(folder: StateFolder, begun: _Begun) -> SupervisorStatus:
    deadline = time.monotonic() + BOOT_TIMEOUT_S
    while time.monotonic() < deadline:
        has_ended = begun.has_ended()
        record = folder.read_record()
        if record is not None:  # of this process, or of one that another caller started at the same time
            return record.status
        if has_ended:
            words = folder.bootstrap_log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise SupervisorUnreachable(f"The supervisor ended as it began:\n{words}")
        time.sleep(BEGIN_POLL_INTERVAL_S)
    begun.kill()
    raise SupervisorUnreachable(f"The supervisor did not begin within {BOOT_TIMEOUT_S:g} s; see {folder.bootstrap_log}")


def _status_of_living(spec: DeploymentSpec, record: SupervisorRecord) -> SupervisorStatus:
    if record.status.state == "STARTING":  # not asked: until it has bound the port, somebody else may answer there
        return record.status
    _, told = _ask(spec, "GET", "status", None, timeout_s=ASK_TIMEOUT_S)
    return _read_status(spec, told)


def _read_status(spec: DeploymentSpec, told: dict[str, Any]) -> SupervisorStatus:
    try:
        return SupervisorStatus.from_json(told)
    except (KeyError, TypeError) as error:
        raise SupervisorUnreachable(f"Port {spec.port} is answered by something that is no supervisor") from error


def _end_leftovers(record: SupervisorRecord) -> None:
    """End workers that outlived their supervisor: where the kernel does not do it, a busy one may for a while."""
    for worker in record.workers:
        worker.send(signal.SIGKILL)
    while any(process.is_alive() for process in (record.supervisor, *record.workers)):
        time.sleep(POLL_INTERVAL_S)


def _ask(
    spec: DeploymentSpec, method: str, action: str, body: dict[str, Any] | None, timeout_s: float
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(spec.host, spec.port, timeout=timeout_s)
    try:
        token = StateFolder(spec.state_dir).token()
        payload = b"" if body is None else json.dumps(body).encode()
        connection.request(method, f"/_paddock/{action}", payload, {"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        asked = f"{spec.host}:{spec.port} of {spec.deployment_id}"
        raise SupervisorUnreachable(f"No supervisor answers on {asked}: {error!r}") from error
    finally:
        connection.close()
    if answer.status == http.client.UNAUTHORIZED:
        raise SupervisorUnreachable(f"Port {spec.port} is answered by another deployment's supervisor")
    return answer.status, told
