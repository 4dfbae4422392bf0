"""Runs in oracle-ads's own environment: makes its score.py in each folder that has none, and times any when asked.

A line in: `{"folder", "body", "calls"}`, the body as JSON text. A line out: the median processor seconds of a call
(JSON text in to JSON text out), or the error that score.py raises: `{"median_s"}` or `{"error"}`.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Any


def main() -> None:
    """Answers until its input ends. What oracle-ads prints goes to stderr."""
    answers, sys.stdout = sys.stdout, sys.stderr
    warnings.simplefilter("ignore")
    scores = {folder: _score(folder) for folder in sys.argv[1:]}
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"median_s": _median_s(scores[order["folder"]], order["body"], order["calls"])}
        except Exception as error:  # noqa: BLE001  # whatever their score.py raises is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def _score(folder: str) -> Any:
    """score.py as prepare() renders it; prepare() itself asks the cloud first, and waits for it."""
    if not Path(folder, "score.py").is_file():
        from ads.model.artifact import ModelArtifact

        ModelArtifact(folder, "model.joblib", auth={"config": {}}).prepare_score_py(
            jinja_template_filename="score_scikit-learn",
            model_file_name="model.joblib",
            data_deserializer="json",
            model_serializer="joblib",
        )
    spec = importlib.util.spec_from_file_location(f"score_{abs(hash(folder))}", f"{folder}/score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _median_s(score: Any, body: str, calls: int) -> float:
    times_s = []
    for _ in range(calls):
        began_s = time.process_time()
        json.dumps(score.predict(json.loads(body)))
        times_s.append(time.process_time() - began_s)
    return statistics.median(times_s)


if __name__ == "__main__":
    main()
