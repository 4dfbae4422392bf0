"""The evidence as single statements, those nearest to the failure first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from paddock.failure.evidence import Evidence
from paddock.failure.traceback_text import (
    RaisedException,
    exceptions_in,
    exceptions_named_in,
    without_exceptions,
)

# Most lines of a work request's log tell of progress: "Installing the conda environment" is no complaint.
_TELLS = re.compile(
    r"fail|error|unable|could not|cannot|can't|\bnot\b|denied|timed? ?out|exceed|insufficient|invalid|missing|out of",
    re.IGNORECASE,
)
PREDICT_LOG = "the predict log"


class Speaker(StrEnum):
    """Who said it: a pattern for a service's words must not meet what a model's own code raises.

    UNPICKLING: an exception while the model file was read back; LOG: what else score.py and its server printed.
    """

    EXCEPTION = "exception"
    UNPICKLING = "unpickling"
    SERVICE = "service"
    LOG = "log"


@dataclass(frozen=True)
class Statement:
    """``text`` from ``place`` ("the work request's error", …); ``raised`` for exceptions."""

    speaker: Speaker
    text: str
    place: str
    raised: RaisedException | None = None


def statements(evidence: Evidence) -> list[Statement]:
    """All that was said, each exception once: with its frames, if any place shows them."""
    said = [one for text, place in _texts(evidence) for one in _of_text(text, place)]
    framed = [one.raised for one in said if one.raised and one.raised.frames]
    return [one for one in said if one.raised is None or one.raised.frames or not _is_shown(one.raised, framed)]


def _texts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    failed = evidence.failed_request
    log = "\n".join(evidence.predict_log)
    if failed:
        yield from ((error, f"the error of {failed.operation}") for error in failed.errors)
    if log:
        yield log, PREDICT_LOG
    if evidence.lifecycle_details:
        yield evidence.lifecycle_details, "lifecycleDetails"
    if failed:
        told = (line for line in reversed(failed.logs) if _TELLS.search(line))
        yield from ((line, f"the log of {failed.operation}") for line in told)


def _of_text(text: str, place: str) -> Iterator[Statement]:
    """Newest exception first: what a log ends with is what it failed of. Of a chain, the cause goes with its effect."""
    with_frames = exceptions_in(text)
    own = without_exceptions(text)
    for raised in reversed(with_frames):
        yield _exception(raised, place)
    for raised in exceptions_named_in("\n".join(line for line in text.splitlines() if not line.startswith("  "))):
        if not _is_shown(raised, with_frames):
            yield _exception(raised, place)
    if own:
        yield Statement(Speaker.LOG if place == PREDICT_LOG else Speaker.SERVICE, own, place)


def _exception(raised: RaisedException, place: str) -> Statement:
    speaker = Speaker.UNPICKLING if raised.is_from_unpickling else Speaker.EXCEPTION
    return Statement(speaker, raised.words, place, raised)


def _is_shown(raised: RaisedException, framed: list[RaisedException]) -> bool:
    """A service quotes the first line, perhaps cut, perhaps with words of its own behind it."""
    first = (raised.message.splitlines() or [""])[0]
    return any(
        raised.type_name.rpartition(".")[2] == one.type_name.rpartition(".")[2]
        and (first.startswith(shown := (one.message.splitlines() or [""])[0]) or shown.startswith(first))
        for one in framed
    )
