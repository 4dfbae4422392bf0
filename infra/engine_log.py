"""Less talk with the engine."""

from __future__ import annotations

import os

import pulumi

_VARIABLE = "PADDOCK_SDK_DEBUG_LOG"


def without_debug_messages() -> None:
    """Pulumi's SDK sends each of its debug messages (five a resource) to the engine in a call of its own.

    The engine throws them away unless it runs with `--debug`; a program of many resources spends a third of its time on
    them. `PADDOCK_SDK_DEBUG_LOG=1` leaves them.
    """
    if not os.environ.get(_VARIABLE):
        pulumi.log.debug = _nothing


def _nothing(*_arguments: object, **_keywords: object) -> None:
    """Stands in for `pulumi.log.debug`."""
