"""Clients that never pause, while everything happens that happens to a deployment: not one request fails."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import uvloop
from deployment_under_test import wait_until, write_artifact

from model_server import fork_server, supervisor

REQUESTS = 10_000
CONNECTIONS = 16
SCORE = """
    import numpy as np

    rows_are_independent = True

    class Doubler:
        def predict(self, rows):
            return rows[:, 0] * 2 + WORD

    def load_model():
        return Doubler()

    def pre_inference(data, input_schema_path=None):
        return np.array(data, dtype=float)

    def post_inference(yhat):
        return yhat.tolist()

    def predict(data, model=load_model(), input_schema_path=None):
        return {"prediction": post_inference(model.predict(pre_inference(data, input_schema_path)))}
"""


class NeverPausing:
    """Clients that send one signed request again and again, until `REQUESTS` are answered and what happens is done."""

    def __init__(self, spec, keys):
        self.address = (spec.host, spec.port)
        url = f"http://{spec.host}:{spec.port}/{spec.deployment_id}/predict"
        request = requests.Request("POST", url, json=[[21.0], [1.0]], auth=keys.signer).prepare()
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        self.raw = f"POST {request.path_url} HTTP/1.1\r\n{head}\r\n".encode() + request.body
        self.answers, self.failures = [], []

    def run(self, happen):
        """Let `happen()` run in a thread meanwhile."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._run(happen))
        assert self.failures == []
        assert len(self.answers) >= REQUESTS

    async def _run(self, happen):
        happening = asyncio.create_task(asyncio.to_thread(self._once_under_way, happen))
        await asyncio.gather(*(self._client(happening) for _ in range(CONNECTIONS)))
        await happening

    def _once_under_way(self, happen):
        wait_until(lambda: len(self.answers) > REQUESTS // 20, "the clients are under way")
        happen()

    async def _client(self, happening):
        reader, writer = await asyncio.open_connection(*self.address)
        while len(self.answers) < REQUESTS or not happening.done():
            writer.write(self.raw)
            try:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
                body = await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.failures.append(repr(error))
                return
            if head.startswith(b"HTTP/1.1 200"):
                self.answers.append(tuple(json.loads(body)["prediction"]))
            else:
                self.failures.append(body)
                return
        writer.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One fork server, so that replacements are as quick as they are in life."""
    made = tmp_path_factory.mktemp("deployments")
    fork_server.start(made)
    yield made
    fork_server.stop(made)


@pytest.fixture
def spec(spec, folder, tmp_path):
    artifact = write_artifact(tmp_path / "first", SCORE.replace("WORD", "0"))
    below = replace(spec, state_dir=folder / tmp_path.name, artifact_dir=artifact)
    yield below
    supervisor.stop(below, drain_timeout_s=5)


def test_while_the_model_is_replaced(serve, keys, tmp_path):
    spec = serve()

    def happen():
        for generation in range(2, 6):
            artifact = write_artifact(tmp_path / f"model-{generation}", SCORE.replace("WORD", str(generation)))
            supervisor.update(replace(spec, generation=generation, artifact_dir=artifact))

    clients = NeverPausing(spec, keys)
    clients.run(happen)
    assert set(clients.answers) == {(42.0 + word, 2.0 + word) for word in (0, 2, 3, 4, 5)}


def test_while_instances_go_from_one_to_four_and_back(serve, keys):
    spec = serve(instances=1)

    def happen():
        for generation, instances in enumerate((4, 1, 4, 1), 2):
            supervisor.update(replace(spec, generation=generation, instances=instances))

    clients = NeverPausing(spec, keys)
    clients.run(happen)
    assert set(clients.answers) == {(42.0, 2.0)}


def test_while_workers_are_killed(serve, keys):
    spec = serve(instances=2)

    def happen():
        for _ in range(5):
            pids = supervisor.status(spec).worker_pids
            os.kill(pids[0], signal.SIGKILL)
            wait_until(lambda old=pids: _are_two_others(supervisor.status(spec).worker_pids, old[0]), "two workers")

    clients = NeverPausing(spec, keys)
    clients.run(happen)
    assert set(clients.answers) == {(42.0, 2.0)}


def _are_two_others(pids, killed):
    return len(pids) == 2 and killed not in pids


def test_while_the_process_that_started_it_is_killed_and_comes_back(spec, keys):
    root = Path(supervisor.__file__).parent.parent
    code = (
        "import json,sys;from model_server import DeploymentSpec,fork_server,supervisor;"
        "spec=DeploymentSpec.from_json(json.loads(sys.stdin.readline()));fork_server.start(spec.state_dir.parent);"
        "supervisor.start(spec);supervisor.wait_ready(spec,60);print(flush=True);sys.stdin.readline()"
    )

    def control_plane():
        started = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
        )
        started.stdin.write(json.dumps(spec.to_json()) + "\n")
        started.stdin.flush()
        started.stdout.readline()
        return started

    def kill(process):
        process.kill()
        process.communicate()

    first = control_plane()
    before = supervisor.status(spec)

    def happen():
        kill(first)
        for _ in range(2):
            kill(control_plane())

    NeverPausing(spec, keys).run(happen)
    assert supervisor.status(spec) == before
