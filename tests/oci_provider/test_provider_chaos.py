"""An `up` that is broken off at any moment ends in the declared state: nothing double, nothing lost."""

from __future__ import annotations

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
from every_kind_program import COLLECTIONS, IN_THE_TENANCY, Words, declare
from pulumi_stack import Bench, Place, plan, resources, wait_until

from oci_provider.kinds import KINDS

SEED = int(os.environ.get("PADDOCK_CHAOS_SEED", "7"))
ROUNDS = int(os.environ.get("PADDOCK_CHAOS_ROUNDS", "3"))
LONGEST_S = 5.0


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


def broken_up(place: Place, number: int, chance: random.Random) -> None:
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
        time.sleep(chance.uniform(0, LONGEST_S))  # the moment is the point
        chance.choice(BREAKS)(up)
        up.wait(90)


def there(place: Place, name: str, collection: str, compartment: str) -> list[dict[str, Any]]:
    found = place.rest("GET", f"{collection}?compartmentId={compartment}&limit=1000")
    ours = re.compile(rf"every-kind|{name}-[0-9a-f]{{7}}")
    called = [(one.get("displayName") or one["name"], one) for one in found if one["lifecycleState"] != "DELETED"]
    return [one for text, one in called if ours.fullmatch(text)]


def test_broken_ups_end_in_the_declared_state(bench: Bench):
    place, chance = bench.place, random.Random(SEED)  # noqa: S311 - when to break off
    tenancy = place.environment["TF_VAR_tenancy_ocid"]
    stack = bench.stack(lambda: declare(Words(ROUNDS, place.compartment, tenancy)), "chaos")
    for number in range(ROUNDS):
        broken_up(place, number, chance)
        stack.cancel()
    stack.up()
    assert plan(stack) == {}
    stack.refresh()
    assert plan(stack) == {}
    known = resources(stack)
    transfers = {token for token in KINDS if "Artifact" in token}
    assert {one["type"] for one in known.values()} == KINDS.keys() - transfers
    places = [(COLLECTIONS, place.compartment), (IN_THE_TENANCY, tenancy)]
    for name, collection, compartment in [(n, c, where) for table, where in places for n, c in table.items()]:
        assert [one["id"] for one in there(place, name, collection, compartment)] == [known[name]["id"]], name
