"""The state folder of one deployment's supervisor: all that is needed to find it again, and nothing else.

spec.json        the spec that serves, or is about to                 token   guards /_paddock/…, mode 0600
supervisor.json  who serves (pids with their start times), how it is  lock    held (flock) while a supervisor lives
bootstrap.log    the supervisor's stdout and stderr                  start.lock  held while somebody starts one
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_server.deployment_spec import DeploymentSpec
from model_server.process_identity import ProcessIdentity
from model_server.supervisor_status import SupervisorStatus


@dataclass(frozen=True)
class SupervisorRecord:
    """The content of supervisor.json."""

    supervisor: ProcessIdentity
    workers: tuple[ProcessIdentity, ...]
    status: SupervisorStatus

    def to_json(self) -> dict[str, Any]:
        """Give a JSON-ready object; `from_json` reads it back."""
        workers = [worker.to_json() for worker in self.workers]
        return {"supervisor": self.supervisor.to_json(), "workers": workers, "status": self.status.to_json()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> SupervisorRecord:
        """Read `to_json`'s object."""
        return cls(
            supervisor=ProcessIdentity.from_json(plain["supervisor"]),
            workers=tuple(ProcessIdentity.from_json(worker) for worker in plain["workers"]),
            status=SupervisorStatus.from_json(plain["status"]),
        )


class StateFolder:
    """Reads and writes the files; each is replaced whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bootstrap_log = path / "bootstrap.log"

    def create(self) -> None:
        """Make the folder and its token; what is there stays."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self.path / "token").exists():
            self._replace("token", secrets.token_urlsafe(32), is_durable=True)

    def token(self) -> str:
        """Read the token of the private endpoints; raises FileNotFoundError before `create`."""
        return (self.path / "token").read_text(encoding="ascii")

    def write_spec(self, spec: DeploymentSpec) -> None:
        """Make this spec the one that a (re)start serves."""
        self._replace("spec.json", json.dumps(spec.to_json(), indent=1), is_durable=True)

    def read_spec(self) -> DeploymentSpec:
        """Read the spec to serve; raises FileNotFoundError where none was written."""
        return DeploymentSpec.from_json(json.loads((self.path / "spec.json").read_text(encoding="utf-8")))

    def write_record(self, record: SupervisorRecord) -> None:
        """Say who serves and how it is. Not synced to the disk: no process outlives the machine."""
        self._replace("supervisor.json", json.dumps(record.to_json(), indent=1), is_durable=False)

    def read_record(self) -> SupervisorRecord | None:
        """Read who serves, or last served; None where no supervisor ever wrote."""
        try:
            return SupervisorRecord.from_json(json.loads((self.path / "supervisor.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def forget_record(self) -> None:
        """Remove supervisor.json, so that only a new supervisor can be read from it."""
        (self.path / "supervisor.json").unlink(missing_ok=True)

    def lock(self) -> int | None:
        """Become the one supervisor of this folder until this process ends; None where another is."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Let one caller at a time decide whether to start a supervisor."""
        descriptor = os.open(self.path / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _replace(self, name: str, text: str, *, is_durable: bool) -> None:
        beside = self.path / f".{name}.{os.getpid()}.{threading.get_ident()}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        beside.replace(self.path / name)
