"""The one writer: a thread that runs write functions one after the other and commits those that wait together.

Each function runs in a savepoint: one that raises leaves nothing behind and does not disturb its neighbours. A future
is resolved after the commit that holds its work, so what is answered is on disk.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from local_oci.clock import Clock
from local_oci.store import Transaction

T = TypeVar("T")
_BATCH = 64


class WriterClosed(RuntimeError):  # noqa: N818 - says what happened
    """A write was asked for after `close`."""


class Writer:
    """Owns the writing connection from `start` to `close`."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._queue: queue.SimpleQueue[tuple[Callable[[Transaction], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._closing = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Finish what is queued, then close the connection."""
        with self._lock:
            self._closing = True
            self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def submit(self, write: Callable[[Transaction], T]) -> Future[T]:
        """Run `write` in the writer's thread; the future holds its result once that is committed."""
        future: Future[T] = Future()
        with self._lock:
            if self._closing:
                raise WriterClosed("the store is closed: the server is stopping")
            self._queue.put((write, future))
        return future

    def run(self, write: Callable[[Transaction], T]) -> T:
        """`submit`, and wait."""
        return self.submit(write).result()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, ended = [first], False
            while len(batch) < _BATCH and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    ended = True
                    break
                batch.append(following)
            # From here on nobody can cancel them: what is cancelled while it waits is not done.
            self._commit_together([found for found in batch if found[1].set_running_or_notify_cancel()])
            if ended:
                return

    def _commit_together(self, batch: list[tuple[Callable[[Transaction], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            transaction = Transaction(self._connection, self._clock())
            for write, future in batch:
                try:
                    done.append((future, self._in_savepoint(transaction, write)))
                except sqlite3.OperationalError:
                    raise  # the disk is full or gone: nothing of this batch may be said to be done
                except Exception as error:  # noqa: BLE001 - handed to the one who asked, who raises it
                    future.set_exception(error)
            self._connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in done:
            future.set_result(result)

    def _in_savepoint(self, transaction: Transaction, write: Callable[[Transaction], T]) -> T:
        self._connection.execute("SAVEPOINT one")
        try:
            result = write(transaction)
        except Exception:
            if self._connection.in_transaction:  # a full disk has rolled all of it back already
                self._connection.execute("ROLLBACK TO one")
                self._connection.execute("RELEASE one")
            raise
        self._connection.execute("RELEASE one")
        return result
