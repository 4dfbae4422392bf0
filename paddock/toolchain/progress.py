"""How far long work is: one line that changes on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

_PLAIN_INTERVAL_S = 15.0


class Progress:
    """Shows the latest `show`; `report` gets it every 15 seconds where `stream` is no terminal."""

    def __init__(
        self, report: Callable[[str], None], stream: TextIO, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._report = report
        self._stream = stream
        self._clock = clock
        self._began_s = clock()
        self._reported_s = self._began_s
        self._status: Any = None

    def __enter__(self) -> Self:
        if self._stream.isatty():
            from rich.console import Console

            self._status = Console(file=self._stream).status("")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the work began."""
        return self._clock() - self._began_s

    def show(self, text: str) -> None:
        """Show `text`, now or never: what is not due is left out."""
        if self._status is not None:
            self._status.update(text)
        elif self._clock() - self._reported_s >= _PLAIN_INTERVAL_S:
            self._reported_s = self._clock()
            self._report(text)
