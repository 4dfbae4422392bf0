"""How long commands take: the no-change `up` against a bare `pulumi up` of an empty program, and a warm `make up`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from benchmarks.bench_clone import BenchClone

Row = tuple[str, str, str, str, str]


def measure(clone: BenchClone, rounds: int) -> list[Row]:
    """Rows of the table; times in seconds, ratios of medians."""
    # The virtual environment is the project's, through a link: make must not install the clone into it.
    warm_s = _timed(lambda: clone.run("make", "--old-file=.venv/.installed", "up"))
    again_s = _timed(lambda: clone.run("make", "--old-file=.venv/.installed", "up"))
    environment = _environment(clone)
    clone.run("env", *environment, "pulumi", "stack", "init", "local", in_folder=clone.empty)

    def bare(*flags: str) -> Callable[[], object]:
        words = ("env", *environment, "pulumi", "up", "--yes", "--stack", "local", *flags)
        return lambda: clone.run(*words, in_folder=clone.empty)

    def ours(*flags: str) -> Callable[[], object]:
        return lambda: clone.run(".venv/bin/paddock", "up", "--yes", *flags)

    pairs = {"up --yes --skip-preview": ("--skip-preview",), "up --yes (preview and update)": ()}
    rows: list[Row] = [
        (
            "make up, fresh clone, packages and CLI there",
            f"{warm_s:.1f} s",
            "once",
            "60 s allowed",
            f"{warm_s / 60:.2f}",
        ),
        ("make up again, nothing changed", f"{again_s:.1f} s", "once", "the first", f"{again_s / warm_s:.2f}"),
    ]
    for title, flags in pairs.items():
        ours_s, bare_s = _interleaved(rounds, ours(*flags), bare(*flags))
        rows.append(row(f"paddock {title}, nothing changed", ours_s, "pulumi, empty program", bare_s))
        rows.append(row(f"pulumi {title}, empty program", bare_s, "", bare_s))
    return rows


def _environment(clone: BenchClone) -> list[str]:
    """`NAME=value` words for `env`, so that evaluating `paddock env` is not in the time."""
    wanted = ("PULUMI_", "PATH=", "PADDOCK_")
    lines = clone.shell("env").splitlines()
    return [line for line in lines if line.startswith(wanted)]


def _interleaved(
    rounds: int, first: Callable[[], object], second: Callable[[], object]
) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        times[0].append(_timed(first))
        times[1].append(_timed(second))
    return times


def _timed(action: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    action()
    return time.perf_counter() - began_s


def row(what: str, times_s: list[float], against: str, other_s: list[float]) -> Row:
    """A line of the table; the ratio is that of the medians."""
    median_s = statistics.median(times_s)
    ratio = f"{median_s / statistics.median(other_s):.2f}" if against else ""
    return (what, f"{median_s:.2f} s", f"{min(times_s):.2f} … {max(times_s):.2f}", against, ratio)
