"""Access and predict logs: Oracle's records, appended as one JSON object a line.

Requests only drop facts into a list; a thread turns them into records and writes them, some at a time, so that a slow
disk never holds a prediction. A clean stop writes all.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from model_server.deployment_spec import LogTarget

FLUSH_INTERVAL_S = 0.1
_INGESTED = "ingested at"

Category = Literal["access", "predict"]


class LogFact(NamedTuple):
    """What happened: the part of a record that differs from line to line."""

    category: Category
    at_s: float
    message: str
    opc_request_id: str | None
    status: int | None = None
    model_latency_ms: float | None = None


def record(fact: LogFact, target: LogTarget, source: str, ingested_s: float) -> str:
    """Give Oracle's record (the `logContent` object of a log search) of one fact, as JSON on one line.

    Written by hand around what differs: a busy deployment writes ten thousand a second.
    """
    data = f'"message": {json.dumps(fact.message)}, "logEmissionTime": "{_iso(fact.at_s)}"'
    if fact.opc_request_id is not None:
        data += f', "opcRequestId": {json.dumps(fact.opc_request_id)}'
    if fact.status is not None:
        data += f', "status": {fact.status}, "modelLatency": {json.dumps(fact.model_latency_ms)}'
    begin, end = _frame_of(target, source, fact.category)
    at, identifier = _iso(fact.at_s), uuid.UUID(int=random.getrandbits(128), version=4)
    return f'{{"data": {{{data}}}, "id": "{identifier}", "time": "{at}", {begin}{_iso(ingested_s)}{end}'


@lru_cache(maxsize=8)
def _frame_of(target: LogTarget, source: str, category: Category) -> tuple[str, str]:
    """Give what is alike in all records of a log, before and after the time of ingestion."""
    oracle = {
        "compartmentid": target.compartment_id,
        "loggroupid": target.log_group_id,
        "logid": target.log_id,
        "tenantid": target.tenancy_id,
        "ingestedtime": _INGESTED,
    }
    kind = f"com.oraclecloud.datascience.modeldeployment.{category}"
    alike = {"source": source, "specversion": "1.0", "subject": source, "type": kind, "oracle": oracle}
    begin, _, end = json.dumps(alike)[1:].partition(_INGESTED)
    return begin, end


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def append(target: LogTarget, lines: Iterable[str]) -> None:
    """Append whole lines in one write where the kernel lets it: others may append to the same file."""
    data = "".join(line + "\n" for line in lines).encode()
    target.path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


class LogWriter:
    """Takes facts on the event loop and writes them in a thread of its own, in their order."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._targets: dict[Category, LogTarget | None] = {"access": None, "predict": None}
        self._waiting: list[tuple[LogTarget, LogFact]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="logs")

    def direct(self, access_log: LogTarget | None, predict_log: LogTarget | None) -> None:
        """Send what comes from now on to these targets; None: to nowhere."""
        self._targets = {"access": access_log, "predict": predict_log}

    def add(self, fact: LogFact) -> None:
        """Take one fact; it is in the file soon after, and at the latest when `close` returns."""
        target = self._targets[fact.category]
        if target is None:
            return
        self._waiting.append((target, fact))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_INTERVAL_S, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._thread.submit(self._write, waiting, datetime.now(UTC).timestamp())

    def _write(self, waiting: list[tuple[LogTarget, LogFact]], ingested_s: float) -> None:
        lines: dict[LogTarget, list[str]] = {}
        for target, fact in waiting:
            lines.setdefault(target, []).append(record(fact, target, self._source, ingested_s))
        for target, texts in lines.items():
            try:
                append(target, texts)
            except OSError as error:  # a full disk must not take the predictions with it
                sys.stderr.write(f"{len(texts)} log records for {target.path} are lost: {error}\n")

    def close(self) -> None:
        """Write all that is left; blocks until it is written."""
        self._flush()
        self._thread.shutdown(wait=True)
