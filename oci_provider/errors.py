"""What can go wrong, as types; `provider.py` is the one place that turns them into gRPC answers.

OciProviderError
├── ConfigurationError        the environment or the provider's configuration cannot be used
├── UnknownTokenError         a token that this plugin does not have
├── UnreachableError          nobody answers at the local OCI's address
├── ServiceError              the local OCI answered with an error
├── WorkRequestFailedError    the work behind a request failed
├── TimedOutError             something took longer than customTimeouts or the default allow
├── CancelledError            the engine asked to stop
├── ArtifactError             the model artifact's file is missing or is not what was declared
├── NotThereError             an object that must be there is gone
└── IncompleteError           a resource exists, but is not what was asked for: carries its id and properties
"""

from __future__ import annotations

from typing import Any


class OciProviderError(Exception):
    """Base of all; its text is a sentence for the user."""


class ConfigurationError(OciProviderError):
    """The environment or the provider's configuration cannot be used."""


class UnknownTokenError(OciProviderError):
    """A token that this plugin does not have."""


class UnreachableError(OciProviderError):
    """Nobody answers at the local OCI's address."""

    def __init__(self, endpoint: str, cause: Exception) -> None:
        super().__init__(
            f"the local OCI at {endpoint} stopped answering ({type(cause).__name__}); "
            "start it with `paddock local start` and run the same command again"
        )
        self.endpoint = endpoint


class ServiceError(OciProviderError):
    """The local OCI answered with an error; `code` and `message` are Oracle's error body."""

    def __init__(self, operation: str, status: int, code: str, message: str, *, opc_request_id: str = "") -> None:
        request = f" (opc-request-id {opc_request_id})" if opc_request_id else ""
        super().__init__(f"{operation}: {status} {code}: {message}{request}")
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message


class WorkRequestFailedError(OciProviderError):
    """The work behind a request failed or was cancelled by the service."""


class TimedOutError(OciProviderError):
    """Something took longer than customTimeouts or the default allow."""


class CancelledError(OciProviderError):
    """The engine asked to stop."""


class ArtifactError(OciProviderError):
    """The model artifact's file is missing or is not what was declared."""


class NotThereError(OciProviderError):
    """An object that must be there is gone."""


class IncompleteError(OciProviderError):
    """A resource exists, but is not what was asked for; the engine must remember it all the same.

    `outputs` are the resource's properties as the service last told them.
    """

    def __init__(self, resource_id: str, outputs: dict[str, Any], reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.resource_id = resource_id
        self.outputs = outputs
        self.reasons = reasons
