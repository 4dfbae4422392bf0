"""Runs one operation: reads from a snapshot and writes in the event loop, slow reads in a thread.

Writes that come together share a commit. A write is answered when it is committed; then what it asks for is begun (work
requests) and removed (files).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from local_oci import request_body, validation
from local_oci.call import Answer, Call, Route, Upload
from local_oci.conductor import Conductor
from local_oci.data_folder import DataFolder, discard
from local_oci.errors import InvalidParameter
from local_oci.faults import Faults
from local_oci.request_body import Receive
from local_oci.retry import answer_once, is_known
from local_oci.store import Snapshot, Transaction, connect
from local_oci.writer import Writer

T = TypeVar("T")
Accept = Callable[[Upload], Awaitable[Upload]]
"""Checks the bytes that came and gives those that count; the first ones are removed by whoever asked."""


class Dispatch:
    """`snapshot` is only used in the event loop's thread."""

    def __init__(
        self, folder: DataFolder, snapshot: Snapshot, writer: Writer, conductor: Conductor, faults: Faults
    ) -> None:
        self.snapshot = snapshot
        self._faults = faults
        self._waiting: list[tuple[Callable[[Transaction], Any], asyncio.Future[Any]]] = []
        self._folder = folder
        self._writer = writer
        self._conductor = conductor

    async def act(self, route: Route, call: Call, body_sha256: str) -> Answer:
        """Do an operation whose body, if it has one, is in the call."""
        await self._faults.meet(call.operation.service, call.operation.name)
        if route.details:
            await self._check(route, call)
        if route.only_reads:
            return await asyncio.to_thread(self._apart, route.act, call)
        if call.operation.method in ("GET", "HEAD"):
            return route.act(call)
        if route.prepare and not is_known(call):
            call = await asyncio.to_thread(self._apart, route.prepare, call)
        return await self._write(route, call, body_sha256)

    async def upload(
        self, route: Route, to_folder: Callable[[Call], Path], call: Call, receive: Receive, accept: Accept
    ) -> Answer:
        """Do an operation whose body goes to disk; nothing is left of bytes that are not accepted."""
        await self._faults.meet(call.operation.service, call.operation.name)
        receive = self._faults.cut(call.operation.service, call.operation.name, receive)
        folder = self._folder.uploads if is_known(call) else to_folder(call)
        came = await request_body.save_upload(receive, call.headers, folder, route.largest_upload_bytes)
        try:
            accepted = await accept(came)
            return await self._write(route, replace(call, upload=accepted), accepted.md5_base64)
        finally:
            came.path.unlink(missing_ok=True)

    async def write(self, change: Callable[[Transaction], T]) -> T:
        """A change of the store, once it is committed."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[T] = loop.create_future()
        self._waiting.append((change, written))
        if len(self._waiting) == 1:
            loop.call_soon(self._write_all)  # after all requests that are here by now
        return await written

    def _write_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        outcomes: Sequence[Any]
        try:
            outcomes = self._writer.run_all([change for change, _ in waiting])
        except Exception as error:  # noqa: BLE001 - handed to those who asked, who raise it
            outcomes = [error] * len(waiting)
        for (_, written), outcome in zip(waiting, outcomes, strict=True):
            if written.cancelled():
                continue
            if isinstance(outcome, Exception):
                written.set_exception(outcome)
            else:
                written.set_result(outcome)

    async def _check(self, route: Route, call: Call) -> None:
        """The first check imports Oracle's models, which takes a second: that, in a thread."""
        if not validation.is_warm(route.service):
            await asyncio.to_thread(validation.warm, route.service)
        if problems := validation.problems(call.body, route.service, str(route.details)):
            raise InvalidParameter("; ".join(problems))

    def _apart(self, act: Callable[[Call], T], call: Call) -> T:
        """Reading that may take long: in a thread of its own, so on a connection of its own."""
        connection = connect(self._folder.database, read_only=True)
        try:
            return act(replace(call, snapshot=Snapshot(connection)))
        finally:
            connection.close()

    async def _write(self, route: Route, call: Call, body_sha256: str) -> Answer:
        def change(transaction: Transaction) -> Answer:
            return answer_once(route, replace(call, snapshot=transaction), body_sha256)

        try:
            answer = await self.write(change)
        finally:
            if call.upload is not None:
                call.upload.path.unlink(missing_ok=True)
        for request_id in answer.conduct:
            self._conductor.begin(request_id)
        for path in answer.discard:
            await asyncio.to_thread(discard, path)
        return answer
