"""Where everything of one local OCI lies (ARCHITECTURE.md, "The folder .paddock/")."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

FAULTS_PATH = "/_paddock/faults"
"""Where a server that was started with `--admin` takes faults; who may is `DataFolder.admin_token`."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The paths below one data folder. Nothing is made by asking for a path."""

    root: Path

    @property
    def endpoint_file(self) -> Path:
        """Who answers where, while it runs."""
        return self.root / "endpoint.json"

    @property
    def port_file(self) -> Path:
        """The port that is taken again at the next start."""
        return self.root / "port"

    @property
    def oci_config(self) -> Path:
        """A configuration file for OCI's clients, profile DEFAULT."""
        return self.root / "oci_config"

    @property
    def private_key(self) -> Path:
        """The clients' signing key."""
        return self.root / "keys" / "private.pem"

    @property
    def public_key(self) -> Path:
        """What signatures are verified with."""
        return self.root / "keys" / "public.pem"

    @property
    def s3_secret(self) -> Path:
        """The secret key of Object Storage's S3-compatible form."""
        return self.root / "keys" / "s3_secret"

    @property
    def admin_token(self) -> Path:
        """Who may set faults; there while the server runs with `--admin`."""
        return self.root / "keys" / "admin_token"

    @property
    def database(self) -> Path:
        """The state (SQLite, with -wal and -shm beside it)."""
        return self.root / "oci.sqlite"

    @property
    def server_log(self) -> Path:
        """What the server prints."""
        return self.root / "server.log"

    @property
    def server_lock(self) -> Path:
        """Held by the one server of this folder for its life."""
        return self.root / "server.lock"

    @property
    def start_lock(self) -> Path:
        """Held by whoever starts, stops or resets it."""
        return self.root / "start.lock"

    @property
    def artifacts(self) -> Path:
        """Uploaded artifacts, a folder per model."""
        return self.root / "artifacts"

    @property
    def objects(self) -> Path:
        """What Object Storage holds, a folder per bucket."""
        return self.root / "objects"

    @property
    def uploads(self) -> Path:
        """Bytes that are on their way and belong to nothing yet."""
        return self.root / "uploads"

    @property
    def calls_file(self) -> Path:
        """Which operations were called; only written where it is there."""
        return self.root / "calls.jsonl"

    @property
    def logs(self) -> Path:
        """Log lines, a file per log."""
        return self.root / "logs"

    @property
    def deployments(self) -> Path:
        """State folders of the model servers' supervisors."""
        return self.root / "deployments"

    def log_file(self, log_id: str) -> Path:
        """The lines of one log."""
        return self.logs / f"{log_id}.jsonl"

    def deployment(self, deployment_id: str) -> Path:
        """The state folder of one deployment's supervisor."""
        return self.deployments / deployment_id

    def make(self) -> None:
        """Make the folders, for this user only."""
        for folder in (self.root, self.artifacts, self.objects, self.uploads, self.logs, self.deployments):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def discard(path: Path) -> None:
    """Remove a file or a folder; what is gone already is no error, what stays is removed at the next start."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_whole(path: Path, content: str, mode: int = 0o600) -> None:
    """Write beside `path`, then rename: a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
