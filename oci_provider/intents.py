"""Creations that were begun and that the engine is not yet known to remember.

A creation whose answer was lost (the local OCI killed after it committed, or this plugin, or the engine) exists and
nobody knows it. So before a creation is sent, its retry token is written down; when the same creation of the same URN
is asked for again, the same token goes out, and the service answers with what it already made. What is written down is
dropped when the engine shows that it knows the resource: it calls Check, Diff, Read, Update or Delete with that id. A
creation that is meant (a second `--replace`) therefore never gets the old resource.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Intent:
    """One creation. `request_sha256` is salted with the token: a secret in the request cannot be guessed from it.

    `resource_id` is empty until the service told it; `summary` names what may be left over if nobody asks again;
    `names` were made up for it, and are those that it must be asked for again with.
    """

    urn: str
    token: str
    request_sha256: str
    summary: str
    begun: str
    resource_id: str = ""
    names: dict[str, str] = field(default_factory=dict)

    def is_of(self, request: Mapping[str, Any]) -> bool:
        """Whether this creation sends the same request."""
        return self.request_sha256 == _digest(self.token, request)


class Intents:
    """The folder that holds them, one file a URN, mode 0600, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, urn: str) -> Intent | None:
        """Return the open creation of a URN."""
        try:
            text = self._path(urn).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return Intent(**json.loads(text))

    def begin(self, urn: str, request: Mapping[str, Any], summary: str, names: Mapping[str, str]) -> Intent:
        """Write down a creation that is about to be sent, under a fresh token."""
        token = secrets.token_urlsafe(24)
        begun = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        intent = Intent(urn, token, _digest(token, request), summary, begun, names=dict(names))
        self._write(intent)
        return intent

    def created(self, intent: Intent, resource_id: str) -> None:
        """Write down the id that the service answered with."""
        self._write(replace(intent, resource_id=resource_id))

    def known(self, urn: str, resource_id: str) -> None:
        """The engine knows this resource: its creation is over."""
        intent = self.find(urn)
        if intent is not None and resource_id and intent.resource_id == resource_id:
            self.forget(urn)

    def forget(self, urn: str) -> None:
        """Drop the creation of a URN."""
        self._path(urn).unlink(missing_ok=True)

    def _path(self, urn: str) -> Path:
        return self._folder / f"{hashlib.sha256(urn.encode()).hexdigest()}.json"

    def _write(self, intent: Intent) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, beside = tempfile.mkstemp(dir=self._folder, prefix=".intent-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(asdict(intent), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(self._path(intent.urn))
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise


def default_folder(environment: Mapping[str, str]) -> Path:
    """Return where they are kept: in `.paddock`, else beside Pulumi's home, else in the home folder of Pulumi."""
    if paddock_dir := environment.get("PADDOCK_DIR"):
        return Path(paddock_dir) / "intents"
    if pulumi_home := environment.get("PULUMI_HOME"):
        return Path(pulumi_home).resolve().parent / "intents"
    return Path.home() / ".pulumi" / "oci-intents"


def _digest(token: str, request: Mapping[str, Any]) -> str:
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{token}\n{canonical}".encode()).hexdigest()
