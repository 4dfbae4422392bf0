"""Measures, and prints one table: `python -m benchmarks [--rounds N] [WHAT...]`, all of it where nothing is named.

`python -m benchmarks chaos [--duration-s 600]` measures nothing: it ends with 1 where a request failed.

`times` and `requests` run in a clone of HEAD, with this folder's virtual environment and Pulumi CLI. What is compared
is interleaved, so that a slow minute of the machine hits all alike.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    bench_clone,
    builds,
    deployment_starts,
    local_oci,
    many_models,
    model_server,
    model_server_chaos,
    requests_per_second,
    score_py,
    times,
)
from benchmarks.times import Row
from paddock.console import print_table

_WITHOUT_CLONE: dict[str, Callable[[int], list[Row]]] = {
    "score": score_py.measure,
    "builds": lambda rounds: builds.measure(min(rounds, 3)),
    "local-oci": local_oci.measure,
    "many-models": lambda rounds: many_models.measure(min(rounds, 3)),
    "fleet": lambda _rounds: many_models.measure_fleet(),
    "starts": deployment_starts.measure,
    "model-server": lambda rounds: model_server.measure(min(rounds, 3)),
}
_IN_CLONE = ("times", "requests")
_CHAOS = "chaos"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("what", nargs="*", choices=[*_IN_CLONE, *_WITHOUT_CLONE, _CHAOS, []], metavar="WHAT")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--duration-s", type=float, default=600.0, help="of the chaos")
    arguments = parser.parse_args()
    if _CHAOS in arguments.what:
        report = model_server_chaos.run(arguments.duration_s)
        print_table(("what", "seen", "", "", ""), report.rows())
        sys.exit(0 if report.is_good else 1)
    wanted = arguments.what or [*_IN_CLONE, *_WITHOUT_CLONE]
    rows = _rows_of_clone(wanted, arguments.rounds) if set(wanted) & set(_IN_CLONE) else []
    for name in wanted:
        if name in _WITHOUT_CLONE:
            rows += _WITHOUT_CLONE[name](arguments.rounds)
    print_table(("what", "median", "min … max", "against", "ratio"), rows)


def _rows_of_clone(wanted: list[str], rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="paddock-bench-") as folder:
        clone = bench_clone.make(Path(folder))
        try:
            rows = times.measure(clone, rounds)  # it also brings the deployments up that `requests` asks
            asked = requests_per_second.measure(clone) if "requests" in wanted else []
            return [*(rows if "times" in wanted else []), *asked]
        finally:
            clone.end()


if __name__ == "__main__":
    main()
