"""What a supervisor says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["STARTING", "READY", "FAILED"]


@dataclass(frozen=True)
class SupervisorStatus:
    """State of one supervisor. FAILED: its process has ended, `last_error` and `traceback` say why."""

    state: State
    supervisor_pid: int | None
    worker_pids: tuple[int, ...]
    generation: int
    last_error: str | None = None
    traceback: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give a JSON-ready object; `from_json` reads it back."""
        return asdict(self) | {"worker_pids": list(self.worker_pids)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> SupervisorStatus:
        """Read `to_json`'s object."""
        return cls(**{**plain, "worker_pids": tuple(plain["worker_pids"])})
