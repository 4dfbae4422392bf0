"""Errors of the model server.

ModelServerError
├── ArtifactDoesNotLoad     score.py could not be imported or load_model() raised; `.traceback` says where
├── DeploymentFailed        the supervisor ended without ever serving (`wait_ready`); `.traceback` where there is one
├── SpecRefused             a spec that cannot be served, or an update of what an update cannot change
├── SupervisorUnreachable   no supervisor of this deployment answers
└── SignatureRefused        the request is not signed as Oracle asks; `.reason`
"""

from __future__ import annotations


class ModelServerError(Exception):
    """Base of all errors of this room."""


class ArtifactDoesNotLoad(ModelServerError):  # noqa: N818  the contract's name, a claim
    """The artifact's score.py could not be loaded; what served before goes on serving."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class DeploymentFailed(ModelServerError):  # noqa: N818  the contract's name, a claim
    """The supervisor gave up before it could serve."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class SpecRefused(ModelServerError):  # noqa: N818  the contract's name, a claim
    """The spec is not one that this supervisor can serve."""


class SupervisorUnreachable(ModelServerError):  # noqa: N818  the contract's name, a claim
    """No supervisor of this deployment answers on its port."""


class SignatureRefused(ModelServerError):  # noqa: N818  the contract's name, a claim
    """A request's HTTP signature is missing, malformed, stale or wrong."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
