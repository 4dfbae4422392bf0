"""The bandwidth of a deployment's load balancer: what goes over it is answered 429."""

from __future__ import annotations

from model_server.answer import Answer, refusal

BURST_S = 1.0
MESSAGE = (
    "LB bandwidth limit exceeded. Consider increasing the provisioned load balancer bandwidth to avoid these errors."
)
_BYTES_PER_MEGABIT = 125_000


class Bandwidth:
    """A bucket of bytes that fills at the provisioned rate and holds a second of it. `mbps=None`: no limit."""

    def __init__(self, mbps: float | None, now_s: float) -> None:
        self.bytes_per_s = None if mbps is None else mbps * _BYTES_PER_MEGABIT
        self._left_bytes = (self.bytes_per_s or 0) * BURST_S
        self._at_s = now_s

    def refuse(self, now_s: float) -> Answer | None:
        """Refuse a request while what went through before has used up the rate."""
        if self.bytes_per_s is None:
            return None
        self._left_bytes = min(self.bytes_per_s * BURST_S, self._left_bytes + (now_s - self._at_s) * self.bytes_per_s)
        self._at_s = now_s
        if self._left_bytes > 0:
            return None
        return refusal(429, MESSAGE, retry_after_s=max(1, round(-self._left_bytes / self.bytes_per_s)))

    def use(self, size_bytes: int) -> None:
        """Take what a request and its answer have."""
        self._left_bytes -= size_bytes
