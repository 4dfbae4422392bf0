"""What building costs: many small models against the CPU time they need, one big model against its size in memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import psutil
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Row = tuple[str, str, str, str, str]

_Dump = Callable[[object, Path], object]

_ROOT = Path(__file__).resolve().parents[1]
_SMALL_MODELS = 200
_BIG_BYTES = 1_500_000_000
_BIG_COLUMNS = 50
_SAMPLE_EVERY_S = 0.02


@dataclass(frozen=True)
class _Cost:
    """Of one command and all its processes. ``peak_bytes``: shared pages counted once; 0 where it was not watched."""

    wall_s: float
    cpu_s: float
    peak_bytes: int


def measure(rounds: int) -> list[Row]:
    """Rows of the table; times in seconds, memory in GB, ratios as their line says."""
    with tempfile.TemporaryDirectory(prefix="paddock-bench-builds-") as folder:
        return [*_many(Path(folder) / "many", rounds), *_big(Path(folder) / "big")]


def _many(project: Path, rounds: int) -> list[Row]:
    _write_small_models(project, _SMALL_MODELS)
    cores = len(psutil.Process().cpu_affinity())
    cold: list[_Cost] = []
    unchanged: list[_Cost] = []
    for round_ in range(rounds):
        (project / "artifacts").rename(project / f"artifacts-{round_}") if round_ else None
        cold.append(_build(project))
        unchanged.append(_build(project))
    wall_s = statistics.median(cost.wall_s for cost in cold)
    bound_s = statistics.median(cost.cpu_s for cost in cold) / cores
    again_s = statistics.median(cost.wall_s for cost in unchanged)
    return [
        (
            f"paddock build, {_SMALL_MODELS} new models",
            f"{wall_s:.1f} s",
            _spread([cost.wall_s for cost in cold]),
            f"CPU time of all / {cores} cores, {bound_s:.1f} s (1.3 allowed)",
            f"{wall_s / bound_s:.2f}",
        ),
        (
            f"paddock build, {_SMALL_MODELS} unchanged models",
            f"{again_s:.2f} s",
            _spread([cost.wall_s for cost in unchanged]),
            "2 s allowed",
            f"{again_s / 2:.2f}",
        ),
    ]


def _big(project: Path) -> list[Row]:
    rows = []
    for dump, words in ((joblib.dump, "joblib"), (_plain_pickle, "plain pickle")):
        model = _write_model(project / words / "models" / "big", _big_model(), np.zeros((3, _BIG_COLUMNS)), dump=dump)
        (project / words / "Pulumi.yaml").touch()
        size_bytes = model.stat().st_size
        cost = _build(project / words, watches_memory=True)
        rows.append(
            (
                f"paddock build, {size_bytes / 1e9:.1f} GB from {words}: peak memory of all processes",
                f"{cost.peak_bytes / 1e9:.2f} GB",
                f"in {cost.wall_s:.0f} s",
                "size of the model (2.2 allowed)",
                f"{cost.peak_bytes / size_bytes:.2f}",
            )
        )
    return rows


def _build(project: Path, *, watches_memory: bool = False) -> _Cost:
    command = [sys.executable, "-m", "paddock", "build", "--json"]
    began_s = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=project, env={**os.environ, "PYTHONPATH": str(_ROOT)}, stdout=output, stderr=subprocess.STDOUT
        )
        peak = _Peak(process.pid) if watches_memory else None  # watching costs what it watches
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began_s
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        assert process.returncode == 0, output.read().decode()
    return _Cost(wall_s, usage.ru_utime + usage.ru_stime, peak.end() if peak is not None else 0)


class _Peak:
    """Watches the memory of a process and of all below it."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self._bytes = 0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> int:
        self._ended.set()
        self._thread.join()
        return self._bytes

    def _watch(self) -> None:
        while not self._ended.wait(_SAMPLE_EVERY_S):
            try:
                family = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            self._bytes = max(self._bytes, sum(_pss_bytes(process) for process in family))


def _pss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it has just ended
        return 0


def _write_small_models(project: Path, count: int) -> None:
    features, classes = load_wine(return_X_y=True)
    for number in range(count):
        estimator = (
            make_pipeline(StandardScaler(), LogisticRegression(C=1 + number, max_iter=200))
            if number % 2
            else RandomForestClassifier(10, random_state=number)
        )
        _write_model(project / "models" / f"model-{number:03}", estimator.fit(features, classes), features[:20])
    (project / "Pulumi.yaml").touch()


def _write_model(folder: Path, estimator: object, samples: np.ndarray, *, dump: _Dump = joblib.dump) -> Path:
    folder.mkdir(parents=True)
    dump(estimator, folder / "model.pkl")
    names = ",".join(f"x{number}" for number in range(samples.shape[1]))
    np.savetxt(folder / "X.csv", samples, delimiter=",", header=names, comments="")
    (folder / "model.yaml").write_text("estimator: model.pkl\nsamples: {X: X.csv}\n")
    return folder / "model.pkl"


def _big_model() -> KNeighborsClassifier:
    rows = _BIG_BYTES // (_BIG_COLUMNS * 8)
    features = np.random.default_rng(0).random((rows, _BIG_COLUMNS))
    return KNeighborsClassifier(algorithm="brute").fit(features, np.arange(rows) % 2)


def _plain_pickle(value: object, path: Path) -> None:
    import pickle

    with path.open("wb") as file:
        pickle.dump(value, file)


def _spread(times_s: list[float]) -> str:
    return f"{min(times_s):.2f} … {max(times_s):.2f}"
