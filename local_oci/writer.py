"""The one writer: a connection that whoever writes has to himself, one write function after the other.

A write is done in the caller's thread, the event loop's too: it takes a fraction of a millisecond, which handing it to
a thread of its own and back would double. What is answered is committed. The slow part, moving what is committed from
the log of the store into the store (a checkpoint, with two waits for the disk), is done aside, in a thread.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from local_oci.clock import Clock
from local_oci.store import Transaction

T = TypeVar("T")
_CHECKPOINT_INTERVAL_S = 2.0


class WriterClosed(RuntimeError):  # noqa: N818 - says what happened
    """A write was asked for after `close`."""


class Writer:
    """Owns the writing connection until `close`."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._checkpoints = threading.Thread(target=self._checkpoint, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Take over the checkpoints."""
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        self._checkpoints.start()

    def close(self) -> None:
        """Let the write that is being done end, then close the connection."""
        self._closing.set()
        self._checkpoints.join()
        with self._lock:
            self._connection.close()

    def run(self, write: Callable[[Transaction], T]) -> T:
        """What `write` gives, once it is committed; one that raises leaves nothing behind."""
        with self._transaction() as transaction:
            return write(transaction)

    def run_all(self, writes: Sequence[Callable[[Transaction], Any]]) -> list[Any | Exception]:
        """What each gives, or what it raised, once all that did not raise are committed together.

        Raises what the disk says where it takes none of them.
        """
        with self._transaction() as transaction:
            return [self._in_savepoint(transaction, write) for write in writes]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        with self._lock:
            if self._closing.is_set():
                raise WriterClosed("the store is closed: the server is stopping")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection, self._clock())
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk has rolled all of it back already
                    self._connection.execute("ROLLBACK")
                raise

    def _in_savepoint(self, transaction: Transaction, write: Callable[[Transaction], Any]) -> Any | Exception:
        self._connection.execute("SAVEPOINT one")
        try:
            result = write(transaction)
        except sqlite3.OperationalError:
            raise  # the disk is full or gone: none of its neighbours may be said to be done
        except Exception as error:  # noqa: BLE001 - handed to the one who asked, who raises it
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            return error
        self._connection.execute("RELEASE one")
        return result

    def _checkpoint(self) -> None:
        """Now and then, on a connection of its own: a passive one holds up neither writers nor readers."""
        file = self._connection.execute("PRAGMA database_list").fetchone()[2]
        connection = sqlite3.connect(file, isolation_level=None)
        try:
            while not self._closing.wait(_CHECKPOINT_INTERVAL_S):
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.OperationalError:  # a full disk: SQLite's own checkpoints go on, each at a commit
            self._connection.execute("PRAGMA wal_autocheckpoint = 1000")
        finally:
            connection.close()
