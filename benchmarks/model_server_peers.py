"""The peers of the model server: each with its own pinned virtual environment, two workers, one thread a worker."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from benchmarks import peer_venv

_HERE = Path(__file__).parent
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_START_TIMEOUT_S = 120.0

Rows = list[list[float]]


@dataclass(frozen=True)
class Peer:
    """One server to measure. `command` gets the venv's bin folder, a free port and a folder of its own."""

    name: str
    requirements: str
    path: str
    wrap: Callable[[Rows], Any]
    command: Callable[[Path, int, Path], tuple[str, ...]]
    prepare: Callable[[Path, Path, Path], None] = lambda _bin, _model, _folder: None


class Running:
    """A peer that serves one model. `cold_s`: from its start to its first answer."""

    def __init__(self, peer: Peer, model_file: Path, folder: Path, sample: Rows) -> None:
        self.peer = peer
        folder.mkdir()
        binaries = peer_venv.python(f"peers-{peer.requirements}").parent
        peer.prepare(binaries, model_file, folder)
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}{peer.path}"
        began_s = time.perf_counter()
        self._process = subprocess.Popen(
            peer.command(binaries, port, folder),
            stdin=subprocess.DEVNULL,
            stdout=(folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(binaries, model_file),
            start_new_session=True,
        )
        self._wait(sample)
        self.cold_s = time.perf_counter() - began_s

    def pids(self) -> list[int]:
        """Every process of it."""
        try:
            server = psutil.Process(self._process.pid)
            return [server.pid, *(child.pid for child in server.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []

    def end(self) -> None:
        """End all its processes."""
        processes = [psutil.Process(pid) for pid in self.pids() if psutil.pid_exists(pid)]
        self._process.terminate()
        _, left = psutil.wait_procs(processes, timeout=5)
        for process in left:
            process.kill()
        self._process.wait()

    def _wait(self, sample: Rows) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                answer = requests.post(self.url, json=self.peer.wrap(sample), timeout=30)
            except OSError:
                time.sleep(0.02)
                continue
            if answer.ok:
                return
            time.sleep(0.05)
        self.end()
        raise RuntimeError(f"{self.peer.name} does not answer on {self.url}; see {self._process.args!r}")


def _environment(binaries: Path, model_file: Path) -> Mapping[str, str]:
    path = f"{binaries}:{os.environ['PATH']}"
    quiet = {"MLFLOW_DISABLE_ENV_CREATION": "true", "BENTOML_DO_NOT_TRACK": "true", "PYTHONPATH": str(_HERE)}
    return {"HOME": str(Path.home()), "PATH": path, "MODEL": str(model_file), **_THREADS, **quiet}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _mlserver_folder(_binaries: Path, model_file: Path, folder: Path) -> None:
    batching = {"max_batch_size": 64, "max_batch_time": 0.005}
    settings = {"parallel_workers": 2, "http_port": 0, "grpc_port": _free_port(), "metrics_port": _free_port()}
    model = {"name": "model", "implementation": "mlserver_sklearn.SKLearnModel", **batching}
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps({**model, "parameters": {"uri": str(model_file)}}))


def _mlserver_command(binaries: Path, port: int, folder: Path) -> tuple[str, ...]:
    settings = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps({**settings, "http_port": port}))
    return (str(binaries / "mlserver"), "start", str(folder))


def _mlflow_folder(binaries: Path, model_file: Path, folder: Path) -> None:
    code = (
        "import sys,joblib,mlflow.sklearn as m;"
        "m.save_model(joblib.load(sys.argv[1]),sys.argv[2],pip_requirements=[],serialization_format='cloudpickle')"
    )
    words = (str(binaries / "python"), "-W", "ignore", "-c", code, str(model_file), str(folder / "mlflow"))
    subprocess.run(words, check=True, capture_output=True, env=_environment(binaries, model_file))


def _v2(rows: Rows) -> dict[str, Any]:
    data = [value for row in rows for value in row]
    shape = [len(rows), len(rows[0])]
    return {"inputs": [{"name": "rows", "shape": shape, "datatype": "FP64", "data": data}]}


def _uvicorn(binaries: Path, port: int, _folder: Path) -> tuple[str, ...]:
    flags = ("--port", str(port), "--workers", "2", "--no-access-log", "--log-level", "warning")
    return (str(binaries / "uvicorn"), "model_server_apps:fastapi_app", *flags)


def _uvicorn_asgi(binaries: Path, port: int, _folder: Path) -> tuple[str, ...]:
    flags = (
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "warning",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
    )
    return (str(binaries / "uvicorn"), "model_server_apps:asgi_app", *flags)


def _gunicorn(binaries: Path, port: int, _folder: Path) -> tuple[str, ...]:
    flags = ("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "8", "--keep-alive", "75")
    return (str(binaries / "gunicorn"), "model_server_apps:flask_app", *flags)


def _granian(binaries: Path, port: int, _folder: Path) -> tuple[str, ...]:
    flags = ("--interface", "asginl", "--port", str(port), "--workers", "2", "--loop", "uvloop", "--no-ws")
    return (str(binaries / "granian"), "model_server_apps:asgi_app", *flags)


def _bentoml(binaries: Path, port: int, _folder: Path) -> tuple[str, ...]:
    return (str(binaries / "bentoml"), "serve", "model_server_apps:Bento", "--port", str(port))


def _mlflow(binaries: Path, port: int, folder: Path) -> tuple[str, ...]:
    flags = ("--port", str(port), "--env-manager", "local", "--workers", "2")
    return (str(binaries / "mlflow"), "models", "serve", "-m", str(folder / "mlflow"), *flags)


PEERS = (
    Peer("bare ASGI on granian", "web", "/predict", list, _granian),
    Peer("bare ASGI on uvicorn, one worker", "web", "/predict", list, _uvicorn_asgi),
    Peer("FastAPI on uvicorn", "web", "/predict", list, _uvicorn),
    Peer("Flask on gunicorn", "web", "/predict", list, _gunicorn),
    Peer("MLServer, batching", "mlserver", "/v2/models/model/infer", _v2, _mlserver_command, _mlserver_folder),
    Peer("BentoML", "bentoml", "/predict", lambda rows: {"rows": rows}, _bentoml),
    Peer("MLflow models serve", "mlflow", "/invocations", lambda rows: {"inputs": rows}, _mlflow, _mlflow_folder),
)
