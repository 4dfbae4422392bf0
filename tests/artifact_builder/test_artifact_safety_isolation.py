"""What a process that gave up network and memory can still do, and what it is told about the rest."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_HAS_FILTER = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
_PRELUDE = """
import json, os, socket, subprocess, sys, urllib.request, warnings
from pathlib import Path
import numpy as np
from artifact_builder.worker.guard.isolation import isolate, memory_limit_bytes
warnings.simplefilter("ignore")
isolate(memory_bytes=2 << 30, work_dir=Path.cwd())

def said(function):
    try:
        return ["done", str(function())]
    except BaseException as error:
        return [type(error).__name__, str(error)]
"""
_CASES = {
    "a page": "said(lambda: urllib.request.urlopen('http://models.example:8080/a'))",
    "an address": "said(lambda: socket.socket().connect(('127.0.0.1', 9)))",
    "IPv6": "said(lambda: socket.create_connection(('::1', 9)))",
    "a datagram": "said(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9)))",
    "a server": "said(lambda: socket.socket().bind(('127.0.0.1', 0)))",
    "a name": "said(lambda: socket.gethostbyname('models.example'))",
    "a Unix socket": "said(lambda: socket.socket(socket.AF_UNIX).connect('/run/docker.sock'))",
    "a pair": "said(lambda: [(a.send(b'x'), b.recv(1)) for a, b in [socket.socketpair()]])",
    "memory": "said(lambda: np.ones(1 << 29).sum())",
    "the limit": "said(memory_limit_bytes)",
    "a child": """said(lambda: subprocess.run([sys.executable, '-c', '''
import resource, socket
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
print(resource.getrlimit(resource.RLIMIT_DATA)[0])
socket.socket().connect((\"127.0.0.1\", 9))'''], capture_output=True, text=True))""",
    "places": "said(lambda: [os.environ[name] == os.getcwd() for name in ('HOME', 'TMPDIR')])",
}


def isolated(tmp_path, body: str):
    script = tmp_path / "script.py"
    script.write_text(_PRELUDE + body)
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    pairs = ", ".join(f"{name!r}: {case}" for name, case in _CASES.items())
    return isolated(tmp_path_factory.mktemp("isolated"), f"print(json.dumps({{{pairs}}}))")


@pytest.mark.parametrize(
    ("case", "address"),
    [
        ("a page", "the address of models.example:8080"),
        ("an address", "a connection to 127.0.0.1:9"),
        ("IPv6", "the address of ::1:9"),
        ("a datagram", "a message to 127.0.0.1:9"),
        ("a server", "a server at 127.0.0.1:0"),
        ("a name", "the address of models.example"),
        ("a Unix socket", "a connection to /run/docker.sock"),
    ],
)
def test_whoever_asks_for_the_network_is_told_the_address_and_what_to_do(told, case, address):
    _, message = told[case]
    assert f"a build has no network: {address} was asked for" in message
    assert "put what the model or train needs into the model folder" in message


def test_a_pair_of_sockets_works(told):
    assert told["a pair"][0] == "done"


def test_home_and_temporary_files_are_in_the_work_folder(told):
    assert told["places"] == ["done", "[True, True]"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no limit of memory")
def test_memory_beyond_the_limit_is_refused(told):
    assert told["memory"][0].endswith("MemoryError")
    assert told["the limit"] == ["done", str(2 << 30)]


@pytest.mark.skipif(not _HAS_FILTER, reason="there is a filter for these two processors only")
def test_processes_that_it_starts_are_limited_and_have_no_network(told):
    assert f"stdout='{2 << 30}" in told["a child"][1]
    assert "Permission denied" in told["a child"][1]


def test_estimators_that_use_threads_and_processes_predict(tmp_path):
    body = """
import joblib
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsRegressor
X = np.arange(400.0).reshape(-1, 2)
y = (X[:, 0] > 100).astype(int)
forest = RandomForestClassifier(10, n_jobs=-1, random_state=0).fit(X, y).predict(X)
answers = [joblib.Parallel(n_jobs=2, backend=name)(joblib.delayed(abs)(-i) for i in range(3))
           for name in ("loky", "multiprocessing", "threading")]
with joblib.parallel_config("loky"):
    neighbours = KNeighborsRegressor(n_jobs=2).fit(X, y).predict(X)
print(json.dumps([int(forest.sum()), answers, len(neighbours)]))
"""
    assert isolated(tmp_path, body) == [149, [[0, 1, 2]] * 3, 200]


def test_a_processor_without_a_filter_keeps_the_audit_hook(tmp_path):
    body = """
from artifact_builder.worker.guard import network_filter
import platform
platform.machine = lambda: "riscv64"
print(json.dumps([network_filter.refuse_network_calls(), said(lambda: socket.socket().connect(("127.0.0.1", 9)))[0]]))
"""
    assert isolated(tmp_path, body) == [False, "NetworkRefused"]
