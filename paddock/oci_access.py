"""Oracle's own SDK, pointed at the OCI that a session's stack lives on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from paddock.errors import LackError, PaddockError
from paddock.session import Session
from paddock.workspace import Workspace

# The SDK imports all of its 150 services unless told not to: 0.6 s for nothing.
os.environ.setdefault("OCI_PYTHON_SDK_NO_SERVICE_IMPORTS", "1")


@dataclass(frozen=True)
class OciAccess:
    """Configuration of the SDK; `endpoint` None means Oracle's own for the configured region."""

    config: dict[str, Any]
    endpoint: str | None

    def signer(self) -> Any:
        """Signs requests of `requests` (OCI's HTTP signature, version 1)."""
        from oci.signer import Signer

        return Signer.from_config(self.config)

    def data_science(self) -> Any:
        """`oci.data_science.DataScienceClient`."""
        from oci.data_science import DataScienceClient

        return DataScienceClient(self.config, **self._keywords())

    def log_search(self) -> Any:
        """`oci.loggingsearch.LogSearchClient`."""
        from oci.loggingsearch import LogSearchClient

        return LogSearchClient(self.config, **self._keywords())

    def _keywords(self) -> dict[str, Any]:
        if self.endpoint is None:
            return {}
        from oci.retry import NoneRetryStrategy

        return {"service_endpoint": self.endpoint, "retry_strategy": NoneRetryStrategy()}


def access(session: Session) -> OciAccess:
    """The local OCI's key pair for the local stack, the user's `~/.oci/config` (or OCI_CONFIG_FILE) for others."""
    from oci import config
    from oci.exceptions import ClientError

    if session.local_oci is not None:
        file = str(_local_config_file(session.workspace))
        return OciAccess(config.from_file(file), session.local_oci.endpoint)
    try:
        return OciAccess(config.from_file(), None)
    except ClientError as error:
        raise LackError(
            f"stack {session.stack} needs OCI credentials: {error}. `oci setup config` makes them."
        ) from error


def explain(error: Any) -> PaddockError:
    """An `oci.exceptions.ServiceError` or connection error, as one sentence."""
    if hasattr(error, "status"):
        return PaddockError(f"OCI answered {error.status} {error.code}: {error.message}")
    return PaddockError(f"OCI did not answer: {error}")


def _local_config_file(workspace: Workspace) -> Any:
    from local_oci import credentials

    return credentials.load(workspace.local_oci_dir).config_file
