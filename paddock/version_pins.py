"""Pins: which kept catalog entry a stack's deployment serves, written into the stack's configuration."""

from __future__ import annotations

from infra.catalog_entry_plan import SHORT_DIGEST_LENGTH
from paddock import pulumi_run
from paddock.session import Session


def pin(session: Session, model: str, digest: str) -> None:
    """`paddock:pins` of the stack's file names this digest (its first 12 digits) for the model."""
    _config(session, "set", _path(model), digest[:SHORT_DIGEST_LENGTH])


def unpin(session: Session, model: str) -> None:
    """The model follows the code again."""
    _config(session, "rm", _path(model))


def _path(model: str) -> str:
    return f'paddock:pins["{model}"]'


def _config(session: Session, verb: str, path: str, *value: str) -> None:
    """Pulumi's own command writes the file: it keeps what else is in there."""
    pulumi_run.output(session, ["config", verb, "--stack", session.stack, "--path", path, *value])
