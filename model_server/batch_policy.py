"""How the requests that are under way are divided into batches: learnt from how many there are and how long they take.

`crowd` is how many clients ask at a time, as far as we have seen: the requests that wait and those that workers hold.

- Slow batches (a forest) are spread: each worker gets its part of the crowd, for the model's work is what counts.
- Quick ones (a linear model) all go to one worker, in two batches: one runs while the supervisor and the clients are
  busy with the other. So the worker never waits for them, nor do three processes fight over the cores for what one can
  do. A second worker gets what is left over.
- A small crowd's quick requests are one batch: two would cost more than the worker loses while it waits.
"""

from __future__ import annotations

QUICK_BATCH_S = 0.001
QUICK_REQUEST_S = 0.00013  # about twice what the supervisor and a client on the same cores need for a request
BECOMES_QUICKER, BECOMES_SLOWER = 1 / 4, 1 / 16  # a batch may take long because of others, not be quick because of them
CROWD_OF_TWO_BATCHES = 6
LONE_IN_A_ROW = 16


class BatchPolicy:
    """What was learnt so far."""

    def __init__(self) -> None:
        self.crowd = 1
        self._slowness = 0.0  # above 1: not quick
        self._lone_in_a_row = 0

    def learn(self, size: int, took_s: float, *, waiting: int) -> None:
        """Learn from a batch of so many requests that took so long, while others waited."""
        slowness = took_s / max(QUICK_BATCH_S, size * QUICK_REQUEST_S)
        self._slowness += (slowness - self._slowness) * (
            BECOMES_QUICKER if slowness < self._slowness else BECOMES_SLOWER
        )
        self._lone_in_a_row = self._lone_in_a_row + 1 if size == 1 and not waiting else 0

    @property
    def is_of_one_client(self) -> bool:
        """Tell whether requests have come one after the other for a while."""
        return self._lone_in_a_row > LONE_IN_A_ROW and self.crowd == 1

    @property
    def is_spread(self) -> bool:
        """Tell whether all workers should take part."""
        return self._slowness > 1

    @property
    def is_doubled(self) -> bool:
        """Tell whether the crowd should be in two batches with one worker."""
        return self.crowd >= CROWD_OF_TWO_BATCHES and not self.is_spread

    def share(self, workers: int) -> int:
        """Say how many requests belong into one batch, where so many workers serve."""
        parts = max(1, workers) if self.is_spread else 2 if self.is_doubled else 1
        return -(-self.crowd // parts)
