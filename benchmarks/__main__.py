"""Measures in a clone of HEAD, with this folder's virtual environment and Pulumi CLI, and prints one table.

`python -m benchmarks [--rounds N]`. Commands are interleaved, so that a slow minute of the machine hits all alike.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import bench_clone, builds, requests_per_second, score_py, times
from paddock.console import print_table


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="paddock-bench-") as folder:
        clone = bench_clone.make(Path(folder))
        try:
            rows = [
                *times.measure(clone, rounds),
                *requests_per_second.measure(clone),
                *score_py.measure(rounds),
                *builds.measure(min(rounds, 3)),
            ]
        finally:
            clone.end()
    print_table(("what", "median", "min … max", "against", "ratio"), rows)


if __name__ == "__main__":
    main()
