"""Faults and durations that were asked for, so that programs can be tried against a cloud that is slow or fails.

    {"operation": "create_model", "after": 2, "times": 1, "fail": {"status": 503, "code": "ServiceUnavailable"}}
    {"operation": "logging.list_logs", "delayS": 2.5}
    {"operation": "create_model_artifact", "cutAfterBytes": 100000}
    {"workRequest": "MODEL_DEPLOYMENT_CREATE", "durationS": 30}
    {"workRequest": "MODEL_DEPLOYMENT_CREATE", "end": "NEEDS_ATTENTION", "message": "logs cannot be written"}

A fault on calls names one of the SDK's methods (`*`: all), one on work a work request's operationType. The first
`after` of those go well, the next `times` (all, without it) meet the fault. Counting begins when the faults are set,
and again at each start. `end` is FAILED (nothing is done), NEEDS_ATTENTION (it is done and serves) or NEVER (stuck).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from local_oci.errors import InvalidParameter, ServiceError
from local_oci.request_body import ClientGone
from local_oci.store import Json, Record, Snapshot, Transaction

KIND = "faults"
_ID = "faults"
FAILED, NEEDS_ATTENTION, NEVER = ENDS = ("FAILED", "NEEDS_ATTENTION", "NEVER")
_LONGEST_S = 24 * 3600
_EFFECTS = {"operation": ("fail", "delayS", "cutAfterBytes"), "workRequest": ("durationS", "end")}
_FIELDS = {"after", "times", "message", "operation", "workRequest", *_EFFECTS["operation"], *_EFFECTS["workRequest"]}
_FAIL_FIELDS = {"status", "code", "message"}
_FIRST_STATUS, _LAST_STATUS = 400, 599

Receive = Callable[[], Awaitable[Any]]


class ConnectionCut(ClientGone):
    """The connection is to be cut without an answer."""


class AskedFor(ServiceError):  # noqa: N818 - says why
    """A refusal that a fault asks for."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class WorkFault:
    """What a work request meets: it begins `duration_s` later, and ends otherwise than it would ("": as it would)."""

    duration_s: float = 0.0
    end: str = ""
    message: str = ""


class Faults:
    """Those that are set, and how often each was matched. Used from several threads."""

    def __init__(self, entries: Iterable[Json] = ()) -> None:
        self._lock = threading.Lock()
        self.set(entries)

    def set(self, entries: Iterable[Json]) -> None:
        """Put these in the place of those that were set; counting begins anew."""
        with self._lock:
            self.entries = tuple(entries)
            self._matched = [0] * len(self.entries)

    async def meet(self, service: str, operation: str) -> None:
        """Have a call meet its faults: wait, then raise where one of them fails it."""
        for fault in self._due("operation", (operation, f"{service}.{operation}", "*"), ("fail", "delayS")):
            await asyncio.sleep(fault.get("delayS", 0))
            if fail := fault.get("fail"):
                message = fail.get("message", f"{operation} fails because a fault of the local OCI asks for it")
                raise AskedFor(fail["status"], fail["code"], message)

    def cut(self, service: str, operation: str, receive: Receive) -> Receive:
        """Give the body of an upload up to where a fault cuts it."""
        names = (operation, f"{service}.{operation}", "*")
        limits = [fault["cutAfterBytes"] for fault in self._due("operation", names, ("cutAfterBytes",))]
        if not limits:
            return receive
        left = min(limits)

        async def receive_some() -> Any:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0 or (left == 0 and message.get("more_body", False)):
                raise ConnectionCut
            return message

        return receive_some

    def on_work(self, operation_type: str) -> WorkFault:
        """What a work request meets, asked once for each."""
        met = WorkFault()
        for fault in self._due("workRequest", (operation_type, "*"), ("durationS", "end")):
            duration_s = max(met.duration_s, fault.get("durationS", 0.0))
            message = fault.get("message", f"{operation_type} ends so because a fault of the local OCI asks for it")
            met = WorkFault(duration_s, fault.get("end", met.end), message if "end" in fault else met.message)
        return met

    def _due(self, subject: str, names: tuple[str, ...], effects: tuple[str, ...]) -> list[Json]:
        if not self.entries:
            return []
        due = []
        with self._lock:
            for index, fault in enumerate(self.entries):
                if fault.get(subject) not in names or not any(effect in fault for effect in effects):
                    continue
                count, self._matched[index] = self._matched[index], self._matched[index] + 1
                after, times = fault.get("after", 0), fault.get("times")
                if count >= after and (times is None or count < after + times):
                    due.append(fault)
        return due


def read(snapshot: Snapshot) -> list[Json]:
    """Those that were set last."""
    record = snapshot.get(_ID)
    return list(record.document["faults"]) if record else []


def change(transaction: Transaction, entries: list[Json]) -> None:
    """Keep them with the state."""
    document = {"faults": entries}
    record = transaction.get(_ID)
    if record:
        transaction.save(record.with_document(**document))
    else:
        transaction.insert(Record(_ID, KIND, "", "", "", "", transaction.now, transaction.now, document))


def checked(body: Json, operations: Iterable[str]) -> list[Json]:
    """The faults of a body `{"faults": […]}`; 400 with all problems. `operations`: all there are, `service.method`."""
    entries = body.get("faults")
    if not isinstance(entries, list) or set(body) != {"faults"}:
        raise InvalidParameter('the body must be {"faults": […]}')
    known = {"*"} | {name for qualified in operations for name in (qualified, qualified.partition(".")[2])}
    if found := [
        f"faults[{index}]{reason}" for index, entry in enumerate(entries) for reason in _problems(entry, known)
    ]:
        raise InvalidParameter("; ".join(found))
    return entries


def _problems(entry: Any, operations: set[str]) -> Iterator[str]:
    if not isinstance(entry, dict) or not entry.keys() <= _FIELDS:
        yield f": must be an object with fields of {', '.join(sorted(_FIELDS))}, found {str(entry)[:200]}"
        return
    subjects = [name for name in _EFFECTS if name in entry]
    if len(subjects) != 1 or not isinstance(entry[subjects[0]], str):
        yield ": must name either an operation or a workRequest"
        return
    effects = _EFFECTS[subjects[0]]
    others = {name for names in _EFFECTS.values() for name in names} - set(effects)
    if not any(name in entry for name in effects) or any(name in entry for name in others):
        yield f": must have, with {subjects[0]}, one of {', '.join(effects)} and no other effect"
    if subjects == ["operation"] and entry["operation"] not in operations:
        yield f".operation: {entry['operation']!r} is no operation that the local OCI emulates; such as create_model"
    yield from _value_problems(entry)


def _value_problems(entry: Json) -> Iterator[str]:
    for name, least in (("after", 0), ("times", 1), ("cutAfterBytes", 0)):
        if name in entry and not (type(entry[name]) is int and entry[name] >= least):
            yield f".{name}: must be a whole number from {least}, found {entry[name]!r}"
    for name in ("delayS", "durationS"):
        if name in entry and not (type(entry[name]) in (int, float) and 0 <= entry[name] <= _LONGEST_S):
            yield f".{name}: must be a number of seconds from 0 to {_LONGEST_S}, found {entry[name]!r}"
    if "end" in entry and entry["end"] not in ENDS:
        yield f".end: must be one of {', '.join(ENDS)}, found {entry['end']!r}"
    if not isinstance(entry.get("message", ""), str):
        yield f".message: must be a string, found {entry['message']!r}"
    if "fail" in entry:
        yield from _refusal_problems(entry["fail"])


def _refusal_problems(fail: Any) -> Iterator[str]:
    if not (isinstance(fail, dict) and {"status", "code"} <= fail.keys() <= _FAIL_FIELDS):
        yield f".fail: must have status and code, and may have message, found {str(fail)[:200]}"
    elif not (type(fail["status"]) is int and _FIRST_STATUS <= fail["status"] <= _LAST_STATUS):
        yield f".fail.status: must be from {_FIRST_STATUS} to {_LAST_STATUS}, found {fail['status']!r}"
    elif not all(isinstance(fail.get(name, ""), str) for name in ("code", "message")):
        yield ".fail: code and message must be strings"
