"""How far long work is: one line that changes on a terminal, a plain line now and then elsewhere."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

_REFRESH_INTERVAL_S = 1.0
_PLAIN_INTERVAL_S = 15.0


class Progress:
    """While it is entered, `text(elapsed_s)` is shown again and again, even if the work itself says nothing.

    On a terminal every second, in place; elsewhere `report` gets it every 15 seconds.
    """

    def __init__(
        self,
        text: Callable[[float], str],
        report: Callable[[str], None],
        stream: TextIO,
        *,
        refresh_interval_s: float = _REFRESH_INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._text = text
        self._report = report
        self._stream = stream
        self._refresh_interval_s = refresh_interval_s
        self._clock = clock
        self._began_s = self._reported_s = clock()
        self._status: Any = None
        self._ended = threading.Event()
        self._refreshing = threading.Thread(target=self._refresh_until_ended, daemon=True)

    def __enter__(self) -> Self:
        if self._stream.isatty():
            from rich.console import Console

            self._status = Console(file=self._stream).status(self._text(0.0))
            self._status.start()
        self._refreshing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._refreshing.join()
        if self._status is not None:
            self._status.stop()

    def refresh(self) -> None:
        """Show the text if it is due."""
        now_s = self._clock()
        if self._status is not None:
            self._status.update(self._text(now_s - self._began_s))
        elif now_s - self._reported_s >= _PLAIN_INTERVAL_S:
            self._reported_s = now_s
            self._report(self._text(now_s - self._began_s))

    def _refresh_until_ended(self) -> None:
        while not self._ended.wait(self._refresh_interval_s):
            self.refresh()
