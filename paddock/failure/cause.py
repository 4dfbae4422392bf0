"""From evidence to the cause: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from paddock.failure.cause_words import cause_words, quoted
from paddock.failure.evidence import Evidence
from paddock.failure.known_cause import KnownCause, known_causes
from paddock.failure.statement import Statement, statements
from paddock.failure.traceback_text import Frame

_FRAMES = 4


@dataclass(frozen=True)
class Cause:
    """``kind`` names the entry of the table; ``title`` the cause in a sentence; ``mend``: steps, any of which may do.

    ``reproduce``: the local command that shows it, None where nothing local can, which ``reproduce_note`` says.
    ``frames``: the last ones in score.py, hooks.py and the files beside them. ``quoted`` is what it was known by, from
    ``place``.
    """

    kind: str
    title: str
    mend: tuple[str, ...]
    reproduce: str | None
    reproduce_note: str
    frames: tuple[Frame, ...]
    quoted: str
    place: str

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "kind": self.kind,
            "cause": self.title,
            "mend": list(self.mend),
            "reproduce": self.reproduce,
            "frames": [
                {"file": one.file_name, "line": one.line, "function": one.function or None, "source": one.source}
                for one in self.frames
            ],
            "knownBy": self.quoted,
            "from": self.place,
        }


def cause_of(evidence: Evidence) -> Cause | None:
    """The cause that fits first: what the service refused, what the code raised, what is left; None: unknown.

    A known exception goes before one that says nothing beyond itself; the latter counts where a line of the model's own
    files raised it, or where nothing else is told.
    """
    said = statements(evidence)
    known = known_causes()
    return (
        _first(known["service"], said, evidence)
        or _first(known["code"], said, evidence)
        or _raised(said, evidence)
        or _first(known["last"], said, evidence)
    )


def _first(table: Sequence[KnownCause], said: Sequence[Statement], evidence: Evidence) -> Cause | None:
    for known in table:
        for statement in said:
            match = known.pattern.search(statement.text) if statement.speaker in known.said_by else None
            if match:
                return _cause(known, statement, cause_words(evidence, statement, match.groupdict()))
    return None


def _cause(known: KnownCause, statement: Statement, words: dict[str, str]) -> Cause:
    return Cause(
        kind=known.kind,
        title=Template(known.title).substitute(words),
        mend=tuple(one for step in known.mend for one in Template(step).substitute(words).splitlines()),
        reproduce=Template(known.reproduce).substitute(words) if known.reproduce else None,
        reproduce_note=known.note,
        frames=_frames(statement),
        quoted=quoted(statement.text),
        place=statement.place,
    )


def _raised(said: Sequence[Statement], evidence: Evidence) -> Cause | None:
    """Whatever else score.py raised: the exception itself is the cause, and says more than we could."""
    for statement in said:
        raised = statement.raised
        if raised is None or raised.type_name.endswith("Warning"):
            continue
        frames = raised.model_frames
        where = f"{frames[-1].file_name}, line {frames[-1].line}," if frames else "score.py"
        place = f" at {frames[-1].file_name}:{frames[-1].line}" if frames else ""
        return Cause(
            kind="score-error",
            title=f"{where} raised {quoted(raised.words)}",
            mend=(f"mend it{place} in the model's folder, then `paddock up`",),
            reproduce=f"paddock verify {evidence.name}",
            reproduce_note="runs the same score.py here, in a clean process without network",
            frames=_frames(statement),
            quoted=quoted(statement.text),
            place=statement.place,
        )
    return None


def _frames(statement: Statement) -> tuple[Frame, ...]:
    return statement.raised.model_frames[-_FRAMES:] if statement.raised else ()
