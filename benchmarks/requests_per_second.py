"""Signed predictions of 10 rows per second at an endpoint, against the same work in one process without HTTP."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import requests
from oci.config import from_file
from oci.signer import Signer

from benchmarks.bench_clone import BenchClone
from benchmarks.times import Row

_DURATION_S = 4.0
_ROWS = 10


def measure(clone: BenchClone) -> list[Row]:
    """One row for each model and number of connections; the client runs on the same cores."""
    environment = json.loads(clone.run(".venv/bin/paddock", "env", "--json"))
    signer = Signer.from_config(from_file(environment["ociConfigFile"]))
    rows: list[Row] = []
    for model in json.loads(clone.run(".venv/bin/paddock", "status", "--json")):
        body = _body(clone.folder / "artifacts" / model["name"] / model["digest"])
        floor = _in_process(clone.folder / "artifacts" / model["name"] / model["digest"], body)
        for connections in (1, 8):
            rate = _over_http(model["endpoint"], signer, body, connections)
            what = f"{model['name']}, {_ROWS} rows, signed, {connections} connection(s)"
            rows.append(
                (what, f"{rate:.0f}/s", "", f"json + predict + json, one process: {floor:.0f}/s", f"{rate / floor:.2f}")
            )
    return rows


def _body(folder: Path) -> str:
    manifest = json.loads((folder / "manifest.json").read_text())
    return json.dumps(manifest["golden"]["rows"][:_ROWS])


def _in_process(folder: Path, body: str) -> float:
    score = _score(folder)

    def once() -> Any:
        return json.dumps(score.predict(json.loads(body)))

    return _rate(once)


def _score(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"score_{folder.name}", folder / "score.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{folder / 'score.py'} can't be imported")
    sys.path.insert(0, str(folder))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _over_http(url: str, signer: Any, body: str, connections: int) -> float:
    def client(_number: int) -> float:
        with requests.Session() as session:
            session.trust_env = False

            def once() -> None:
                answer = session.post(url, data=body, auth=signer, headers={"content-type": "application/json"})
                answer.raise_for_status()

            return _rate(once)

    with ThreadPoolExecutor(connections) as threads:
        return sum(threads.map(client, range(connections)))


def _rate(once: Any) -> float:
    once()
    count, began_s = 0, time.perf_counter()
    while (took_s := time.perf_counter() - began_s) < _DURATION_S:
        once()
        count += 1
    return count / took_s
