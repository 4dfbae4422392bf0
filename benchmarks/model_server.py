"""The model server beside its peers: requests/s, 99th percentile, memory, start; all in one interleaved run.

POST of 10 rows of 20 numbers as JSON, keep-alive, two workers; the client, wrk, runs on the same cores. `python -m
benchmarks.model_server` prints the table; every number is the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil
from requests.auth import AuthBase

from benchmarks import model_server_client
from benchmarks.model_server_client import Load
from benchmarks.model_server_models import COLUMNS, make_artifacts
from benchmarks.model_server_ours import Ours
from benchmarks.model_server_peers import PEERS, Rows, Running
from benchmarks.times import Row
from paddock.console import print_table

CONNECTIONS = (1, 8, 32)
_ROWS = 10
_BODIES = 64
_DURATION_S = 3
_FLOOR_S = 2.0
_FLOOR = """
import json, os, sys, time
import joblib, numpy as np
model, body = joblib.load(sys.argv[1]), sys.argv[2]
count, began = 0, time.perf_counter()
while (took := time.perf_counter() - began) < float(sys.argv[3]):
    json.dumps({"prediction": model.predict(np.array(json.loads(body))).tolist()})
    count += 1
print(count / took)
"""


class Contestant:
    """A server that runs, and how it is asked."""

    def __init__(
        self, name: str, url: str, bodies: Sequence[bytes], auth: AuthBase | None, *, is_signed_anew: bool = False
    ) -> None:
        self.name = name
        self.loads: defaultdict[int, list[Load]] = defaultdict(list)
        self._ask: Callable[[int], Load] = lambda connections: model_server_client.run(
            url, bodies, connections, _DURATION_S, auth, is_signed_anew=is_signed_anew
        )

    def round(self, connections: int) -> None:
        """Measure once."""
        self.loads[connections].append(self._ask(connections))

    def rate(self, connections: int) -> float:
        """Give the median of requests/s."""
        return statistics.median(load.requests_per_s for load in self.loads[connections])

    def failed(self, connections: int) -> int:
        """Count the requests that were not answered 2xx within the client's patience, in all rounds."""
        return sum(load.failed for load in self.loads[connections])

    def p99_ms(self, connections: int) -> float:
        """Give the median of the 99th percentiles."""
        return statistics.median(load.p99_ms for load in self.loads[connections])


def measure(rounds: int, models: Sequence[str] = ()) -> list[Row]:
    """Rows of the table: for each model and number of connections every server, against the best of the peers."""
    with tempfile.TemporaryDirectory(prefix="paddock-bench-") as folder:
        artifacts = make_artifacts(Path(folder))
        wanted = models or tuple(artifacts)
        return [row for name in wanted for row in _measure_model(name, artifacts[name], rounds, folder)]


def _measure_model(name: str, artifact: Path, rounds: int, folder: str) -> list[Row]:
    random = np.random.default_rng(1)
    bodies: list[Rows] = [random.normal(size=(_ROWS, COLUMNS)).tolist() for _ in range(_BODIES)]
    with ExitStack() as stack:
        contestants, rows = [], []
        for peer in PEERS:
            home = Path(folder) / f"{name}, {peer.name}"
            running = Running(peer, artifact / "model.joblib", home, bodies[0])
            stack.callback(running.end)
            raw = [json.dumps(peer.wrap(body)).encode() for body in bodies]
            contestants.append(Contestant(peer.name, running.url, raw, None))
            rows.append(_start_row(f"{name}, {peer.name}", running.cold_s, running.pids()))
        ours = stack.enter_context(Ours(artifact, Path(folder) / f"{name}-ours"))
        raw = [json.dumps(body).encode() for body in bodies]
        our_own = (
            Contestant("ours, unsigned", ours.unsigned_url, raw, None),
            Contestant("ours, signed, 64 requests again and again", ours.url, raw, ours.signer),
            Contestant("ours, signed, each anew", ours.url, raw, ours.signer, is_signed_anew=True),
        )
        rows.append(_start_row(f"{name}, ours", ours.cold_s, ours.pids()))
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for contestant in (*contestants, *our_own):
                    contestant.round(connections)
    floor = _floor(artifact / "model.joblib", json.dumps(bodies[0]))
    return [*rows, *(row for c in CONNECTIONS for row in _load_rows(name, c, contestants, our_own, floor))]


def _load_rows(
    name: str, connections: int, peers: Sequence[Contestant], ours: Sequence[Contestant], floor: float
) -> list[Row]:
    best = max(peer.rate(connections) for peer in peers)
    calmest_ms = min(peer.p99_ms(connections) for peer in peers)
    rows: list[Row] = []
    for one in (*peers, *ours):
        rate, p99_ms = one.rate(connections), one.p99_ms(connections)
        what = f"{name}, {connections} connections, {one.name}"
        spread = f"p99 {p99_ms:.2f} ms ({p99_ms / calmest_ms:.2f})"
        if failed := one.failed(connections):
            spread += f", {failed} FAILED"
        rows.append((what, f"{rate:.0f}/s", spread, f"best peer {best:.0f}/s", f"{rate / best:.2f}"))
    floor_what = f"{name}, json + predict + json, one process, no HTTP"
    rows.append((floor_what, f"{floor:.0f}/s", "", f"best peer {best:.0f}/s", f"{floor / best:.2f}"))
    return rows


def _start_row(what: str, cold_s: float, pids: Sequence[int]) -> Row:
    pss_mib = sum(psutil.Process(pid).memory_full_info().pss for pid in pids) / 2**20
    return (f"{what}: memory, start", f"{pss_mib:.0f} MiB", f"first answer after {cold_s:.2f} s", "", "")


def _floor(model_file: Path, body: str) -> float:
    words = (sys.executable, "-c", _FLOOR, str(model_file), body, str(_FLOOR_S))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return float(subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", action="append", choices=["linear", "forest"], default=[], help="instead of both")
    arguments = parser.parse_args()
    began_s = time.perf_counter()
    rows = measure(arguments.rounds, arguments.model)
    print_table(("what", "median", "spread", "against", "ratio"), rows)
    print(f"{time.perf_counter() - began_s:.0f} s")


if __name__ == "__main__":
    main()
