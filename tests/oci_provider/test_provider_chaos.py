"""An `up` that is broken off at any moment ends in the declared state: nothing double, nothing lost."""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from every_kind_program import COLLECTIONS, IN_THE_TENANCY, Words, declare
from pulumi import automation as auto
from pulumi_stack import Bench, Place, plan, resources, wait_until

from oci_provider.kinds import KINDS

SEED = int(os.environ.get("PADDOCK_CHAOS_SEED", "7"))
PROGRAMS = 2
BREAKS_EACH = int(os.environ.get("PADDOCK_CHAOS_BREAKS", "2"))
LONGEST_S = 3.0


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def child(up: subprocess.Popen[str], word: str) -> psutil.Process | None:
    """A process below an `up` with that word in its command."""
    for process in psutil.Process(up.pid).children(recursive=True) if up.poll() is None else []:
        try:
            if any(word in part for part in process.cmdline()):
                return process
        except psutil.NoSuchProcess:
            continue
    return None


def interrupt_twice(up: subprocess.Popen[str]) -> None:
    engine = child(up, "/pulumi")
    for _ in range(2):
        if engine is not None and not ended(engine):
            engine.send_signal(signal.SIGINT)
            time.sleep(0.2)  # the engine takes two that come at once for one


def kill_engine(up: subprocess.Popen[str]) -> None:
    if engine := child(up, "/pulumi"):
        engine.kill()


def kill_plugin(up: subprocess.Popen[str]) -> None:
    if plugin := child(up, "oci_provider"):
        plugin.kill()


BREAKS: list[Callable[[subprocess.Popen[str]], None]] = [interrupt_twice, kill_engine, kill_plugin]


def broken_up(place: Place, number: int, after_s: float, break_off: Callable[[subprocess.Popen[str]], None]) -> None:
    """Begin an `up` and break it off after a while."""
    tenancy = place.environment["TF_VAR_tenancy_ocid"]
    with subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).with_name("every_kind_program.py")),
            str(place.data_dir),
            place.endpoint,
            place.compartment,
            tenancy,
            str(number),
        ],
        cwd=place.work_dir,
        env={**place.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as up:
        wait_until(lambda: child(up, "oci_provider") or up.poll() is not None, timeout_s=60, what="the plugin")
        time.sleep(after_s)  # the moment is the point
        break_off(up)
        up.wait(90)


def there(place: Place, name: str, collection: str, compartment: str) -> list[dict[str, Any]]:
    found = place.rest("GET", f"{collection}?compartmentId={compartment}&limit=1000")
    ours = re.compile(rf"every-kind|{name}-[0-9a-f]{{7}}")
    called = [(one.get("displayName") or one["name"], one) for one in found if one["lifecycleState"] != "DELETED"]
    return [one for text, one in called if ours.fullmatch(text)]


def assert_declared(stack: auto.Stack, place: Place, tenancy: str) -> None:
    """All that is declared is there, once."""
    stack.up()
    assert plan(stack) == {}
    known = resources(stack)
    places = [(COLLECTIONS, place.compartment), (IN_THE_TENANCY, tenancy)]
    for name, collection, compartment in [(n, c, where) for table, where in places for n, c in table.items()]:
        assert [one["id"] for one in there(place, name, collection, compartment)] == [known[name]["id"]], name


@pytest.mark.timeout(900)
def test_broken_ups_end_in_the_declared_state(bench: Bench):
    """`up`s of one program are broken off, then of the next one, which updates and replaces."""
    place, chance = bench.place, random.Random(SEED)  # noqa: S311 - when to break off
    tenancy = place.environment["TF_VAR_tenancy_ocid"]
    breaks = itertools.cycle(BREAKS)
    now = {"number": 0}
    stack = bench.stack(lambda: declare(Words(now["number"], place.compartment, tenancy)), "chaos")
    for now["number"] in range(PROGRAMS):
        for _ in range(BREAKS_EACH):
            broken_up(place, now["number"], chance.uniform(0, LONGEST_S), next(breaks))
            stack.cancel()
        assert_declared(stack, place, tenancy)
    stack.refresh()
    assert plan(stack) == {}
    transfers = {token for token in KINDS if "Artifact" in token}
    assert {one["type"] for one in resources(stack).values()} == KINDS.keys() - transfers
