"""The local OCI by itself: start, signed reads and creates from 8 connections, a big catalog, memory; moto beside it.

Requests are signed (and, for moto, written) beforehand, as a client with a pool of threads would have them ready; the
client is one process on the same cores. moto's calls are the like ones, SageMaker's DescribeModel and CreateModel; it
verifies no signature and keeps nothing on disk.

`python -m benchmarks.local_oci [--rounds N]`
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks import moto_server
from benchmarks.presigned import Answered, Load, Presigner, answered
from benchmarks.times import Row
from local_oci import credentials, daemon
from paddock.console import print_table

CONNECTIONS = 8
CATALOG = 10_000
_PRESIGNED = 400
_CREATES = 3000
_DURATION_S = 1.5
_PAGES = 60


def measure(rounds: int) -> list[Row]:
    """Rows of the table; rates are medians over the rounds, ratios to moto of what was measured side by side."""
    with tempfile.TemporaryDirectory(prefix="paddock-bench-") as folder:
        data_dir = Path(folder) / "local"
        ready_s = _starts(data_dir, max(rounds, 3))
        running = daemon.start(data_dir, 0)
        try:
            with moto_server.running(Path(folder)) as moto:
                rates = [_round(running, data_dir, moto) for _ in range(rounds)]
            return [*_start_rows(ready_s), *_rate_rows(rates), *_catalog_rows(running, data_dir)]
        finally:
            daemon.stop(data_dir)


def _starts(data_dir: Path, count: int) -> list[float]:
    """Seconds from the call to the first answer, the first one with a new key pair left out."""
    times_s = []
    for _ in range(count + 1):
        began_s = time.perf_counter()
        daemon.start(data_dir, 0)
        times_s.append(time.perf_counter() - began_s)
        daemon.stop(data_dir)
    return times_s[1:]


def _round(running: daemon.Running, data_dir: Path, moto: moto_server.Moto) -> dict[str, Answered]:
    signer = Presigner(running.endpoint, credentials.load(data_dir))
    compartment = signer.known.compartment_ocid
    project = signer.made("/20190101/projects", {"compartmentId": compartment})
    body = {"compartmentId": compartment, "projectId": project, "displayName": "a model"}
    models = [signer.made("/20190101/models", {**body, "displayName": f"m{number}"}) for number in range(20)]
    reads = [signer.signed("GET", f"/20190101/models/{models[n % len(models)]}") for n in range(_PRESIGNED)]
    creates = [
        signer.signed("POST", "/20190101/models", {**body, "displayName": f"c{number}"}) for number in range(_CREATES)
    ]
    ours = Load(running.endpoint, running.pid, CONNECTIONS, _DURATION_S)
    theirs = Load(moto.endpoint, moto.pid, CONNECTIONS, _DURATION_S)
    return {
        "read": answered(ours, reads),
        "moto read": answered(theirs, moto.reads(20)),
        "create": answered(ours, creates, is_cycled=False),
        "moto create": answered(theirs, moto.creates(_CREATES), is_cycled=False),
    }


def _start_rows(times_s: list[float]) -> list[Row]:
    median_s = statistics.median(times_s)
    return [
        ("local OCI: start to ready", f"{median_s:.2f} s", _spread(times_s), "0.7 s allowed", f"{median_s / 0.7:.2f}")
    ]


def _rate_rows(rounds: list[dict[str, Answered]]) -> list[Row]:
    rows: list[Row] = []
    for kind, wanted in (("read", 2000), ("create", 700)):
        pairs = [(found[kind], found[f"moto {kind}"]) for found in rounds]
        rates, costs = [mine.per_s for mine, _ in pairs], [mine.cpu_ms for mine, _ in pairs]
        median, cost_ms = statistics.median(rates), statistics.median(costs)
        what = f"local OCI: signed {kind}s, {CONNECTIONS} connections"
        rows.append((what, f"{median:.0f}/s", _spread(rates), f"{wanted}/s wanted", f"{median / wanted:.2f}"))
        against = f"moto, SageMaker models: {statistics.median(other.per_s for _, other in pairs):.0f}/s"
        ratio = statistics.median(mine.per_s / other.per_s for mine, other in pairs)
        rows.append((what, f"{median:.0f}/s", _spread(rates), against, f"{ratio:.1f}"))
        against = f"moto: {statistics.median(other.cpu_ms for _, other in pairs):.2f} ms"
        ratio = statistics.median(other.cpu_ms / mine.cpu_ms for mine, other in pairs)
        what = f"local OCI: the server's CPU time of a signed {kind}"
        rows.append((what, f"{cost_ms:.2f} ms", _spread(costs), against, f"{ratio:.1f}"))
    return rows


def _catalog_rows(running: daemon.Running, data_dir: Path) -> list[Row]:
    signer = Presigner(running.endpoint, credentials.load(data_dir))
    compartment = signer.known.compartment_ocid
    project = signer.made("/20190101/projects", {"compartmentId": compartment})
    query = f"/20190101/models?compartmentId={compartment}&limit=1000"
    while (count := signer.count(query)) < CATALOG:
        body = {"compartmentId": compartment, "projectId": project}
        missing = min(CATALOG - count, _CREATES)
        creates = [signer.signed("POST", "/20190101/models", {**body, "displayName": f"x{n}"}) for n in range(missing)]
        answered(Load(running.endpoint, running.pid, CONNECTIONS, 600), creates, is_cycled=False)
    biggest = signer.first(query)["projectId"]
    pages = {
        "a page of 100": f"/20190101/models?compartmentId={compartment}&limit=100",
        "a page of 100 by name and state": (
            f"/20190101/models?compartmentId={compartment}&limit=100&sortBy=displayName&lifecycleState=ACTIVE"
        ),
        "a page of 100 of a project": f"/20190101/models?compartmentId={compartment}&limit=100&projectId={biggest}",
    }
    rows: list[Row] = []
    for what, target in pages.items():
        times_s = signer.times(target, _PAGES)
        median_s = statistics.median(times_s)
        shown = f"{median_s * 1000:.1f} ms"
        rows.append(
            (
                f"local OCI: {what}, {count} models",
                shown,
                _spread([t * 1000 for t in times_s]),
                "10 ms allowed",
                f"{median_s / 0.01:.2f}",
            )
        )
    memory_mb = psutil.Process(running.pid).memory_info().rss / 1e6
    rows.append(
        ("local OCI: memory, no deployments", f"{memory_mb:.0f} MB", "once", "120 MB allowed", f"{memory_mb / 120:.2f}")
    )
    return rows


def _spread(values: list[float]) -> str:
    return f"{min(values):.3g} … {max(values):.4g}"


def main() -> None:
    """Prints the table, and the machine it was measured on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rows = measure(parser.parse_args().rounds)
    print_table(("what", "median", "min … max", "against", "ratio"), rows)
    load = ", ".join(f"{value:.1f}" for value in psutil.getloadavg())
    print(json.dumps({"cores": psutil.cpu_count(), "load averages": load}))


if __name__ == "__main__":
    main()
