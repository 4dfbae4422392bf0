"""Access and predict logs: Oracle's records, appended as one JSON object a line.

Each fact becomes a record at once (in some microseconds, where a thread with thousands to do would hold up the event
loop for milliseconds); a thread writes them, some at a time, so that a slow disk never holds a prediction. A clean stop
writes all.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
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
    model_latency_ms: float = 0.0


class Log:
    """Where one category's records go, and what is alike in all of them."""

    def __init__(self, category: Category, target: LogTarget, source: str) -> None:
        self.path = target.path
        oracle = {
            "compartmentid": target.compartment_id,
            "loggroupid": target.log_group_id,
            "logid": target.log_id,
            "tenantid": target.tenancy_id,
            "ingestedtime": _INGESTED,
        }
        kind = f"com.oraclecloud.datascience.modeldeployment.{category}"
        alike = {"source": source, "specversion": "1.0", "subject": source, "type": kind, "oracle": oracle}
        self._begin, _, self._end = json.dumps(alike)[1:].partition(_INGESTED)

    def record(self, fact: LogFact, ingested_s: float) -> str:
        """Give Oracle's record (the `logContent` object of a log search) of one fact, as JSON on one line.

        Written by hand around what differs: a busy deployment writes ten thousand a second.
        """
        at = _iso(fact.at_s)
        data = f'"message": {quoted(fact.message)}, "logEmissionTime": "{at}"'
        if fact.opc_request_id is not None:
            data += f', "opcRequestId": {quoted(fact.opc_request_id)}'
        if fact.status is not None:
            data += f', "status": {fact.status}, "modelLatency": {fact.model_latency_ms!r}'
        return f'{{"data": {{{data}}}, "id": "{_uuid()}", "time": "{at}", {self._begin}{_iso(ingested_s)}{self._end}'


def _uuid() -> str:
    """Give a random UUID (version 4) in half the time of `uuid.uuid4`, which asks the system for its bits."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _iso(seconds: float) -> str:
    whole, milliseconds = divmod(int(seconds * 1_000_000) // 1000, 1000)
    return f"{_second(whole)}.{milliseconds:03d}Z"


@lru_cache(maxsize=4)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def append(path: Path, lines: Iterable[str]) -> None:
    """Append whole lines in one write where the kernel lets it: others may append to the same file."""
    data = "".join(line + "\n" for line in lines).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


class LogWriter:
    """Takes facts on the event loop and writes them in a thread of its own, in their order."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._logs: dict[Category, Log] = {}
        self._waiting: dict[Path, list[str]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="logs")

    def direct(self, access_log: LogTarget | None, predict_log: LogTarget | None) -> None:
        """Send what comes from now on to these targets; None: to nowhere."""
        targets: dict[Category, LogTarget | None] = {"access": access_log, "predict": predict_log}
        self._logs = {name: Log(name, target, self._source) for name, target in targets.items() if target is not None}

    def add(self, fact: LogFact) -> None:
        """Take one fact; it is in the file soon after, and at the latest when `close` returns."""
        log = self._logs.get(fact.category)
        if log is None:
            return
        self._waiting.setdefault(log.path, []).append(log.record(fact, time.time()))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_INTERVAL_S, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, {}
        if waiting:
            self._thread.submit(_write, waiting)

    def close(self) -> None:
        """Write all that is left; blocks until it is written."""
        self._flush()
        self._thread.shutdown(wait=True)


def _write(waiting: Mapping[Path, list[str]]) -> None:
    for path, lines in waiting.items():
        try:
            append(path, lines)
        except OSError as error:  # a full disk must not take the predictions with it
            sys.stderr.write(f"{len(lines)} log records for {path} are lost: {error}\n")
