"""How a task of the worker says what is wrong."""

from __future__ import annotations


class WorkerError(Exception):
    """``kind`` names the cause for programs, the message is for a person."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)
