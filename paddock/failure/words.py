"""A diagnosis as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from paddock.failure.cause import Cause
from paddock.failure.evidence import Evidence

_LOG_LINES = 15


def heading(evidence: Evidence) -> str:
    """What failed, and what is served meanwhile."""
    failed = evidence.failed_request
    if failed is None:
        last = evidence.work_requests[0] if evidence.work_requests else None
        did = f"; its last operation, {last.operation}, {last.status}" if last else ""
        return f"{evidence.name} is {evidence.state}{did}"
    serving = ", and what was served before goes on" if evidence.state == "ACTIVE" else ""
    return f"{evidence.name}: {failed.operation} FAILED; the deployment is {evidence.state}{serving}"


def short_form(evidence: Evidence, cause: Cause | None) -> str:
    """The `why:` block of a failed `up`."""
    if cause is None:
        unknown = "the cause is none of the known ones"
        return f"why: {heading(evidence)}\n  {unknown}; `paddock why {evidence.name}` shows what there is"
    lines = [f"why: {evidence.name}: {cause.title}", *(f"  {frame}" for frame in cause.frames[-1:])]
    lines += [f"  mend:  {cause.mend[0]}"]
    if cause.reproduce:
        lines.append(f"  see it here:  {cause.reproduce}")
    return "\n".join([*lines, f"  more:  paddock why {evidence.name}"])


def long_form(evidence: Evidence, cause: Cause | None) -> str:
    """What `paddock why` prints."""
    return "\n".join([heading(evidence), *(_cause_lines(cause) if cause else _evidence_lines(evidence))])


def _cause_lines(cause: Cause) -> Iterator[str]:
    yield f"\nCause ({cause.kind}): {cause.title}"
    for frame in cause.frames:
        yield f"  {frame}"
    yield "\nMend:"
    for step in cause.mend:
        yield f"  - {step}"
    if cause.reproduce:
        yield f"\nSee it here: {cause.reproduce}   ({cause.reproduce_note})"
    else:
        yield f"\nNothing local shows it: {cause.reproduce_note}"
    yield f"Known by {cause.place}: {cause.quoted}"


def _evidence_lines(evidence: Evidence) -> Iterator[str]:
    """The whole of what is known where nothing could be named."""
    if evidence.has_failed:
        yield "\nThe cause is none of the known ones. What there is:"
    if evidence.lifecycle_details:
        yield f"  lifecycleDetails: {evidence.lifecycle_details}"
    newest = evidence.work_requests[0] if evidence.work_requests else None
    if newest:
        yield f"  {newest.operation} {newest.status}, accepted {newest.accepted.isoformat()}, {newest.id}"
        yield from (_indented("error", error) for error in newest.errors)
        yield from (_indented("log", line) for line in newest.logs)
    if evidence.predict_log:
        yield f"  the predict log since then ends with (`paddock logs {evidence.name} --predict`):"
        yield from (f"    {line}" for line in "\n".join(evidence.predict_log).splitlines()[-_LOG_LINES:])
    elif not evidence.facts.keeps_predict_log:
        yield "  no predict log is kept: `deployment: {logs: {predict: true}}` in model.yaml"
    yield from (f"  {gap}" for gap in evidence.gaps)


def _indented(what: str, text: str) -> str:
    return f"    {what}: " + text.replace("\n", "\n      ")
