"""Whether an artifact's own score.py gives the predictions that its manifest promises, for every form of body."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import math
import traceback
from pathlib import Path
from typing import Any

import numpy as np

_RELATIVE_TOLERANCE = 1e-9
_TRACEBACK_FRAMES = 3


def verify(*, artifact_dir: str) -> dict[str, object]:
    """``{"forms": [...], "rows": n, "problems": [...], "traceback": text | None}``; no problem: the promise is kept."""
    folder = Path(artifact_dir)
    golden = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["golden"]
    bodies = _bodies(golden["rows"])
    answer: dict[str, Any] = {"forms": list(bodies), "rows": len(golden["rows"]), "problems": [], "traceback": None}
    try:
        score = _imported(folder / "score.py")
        if score.load_hooks() is not None:
            # Hooks may change body and answer as they like: the estimator is held to the golden rows without them.
            _compare_estimator(score, golden, answer["problems"])
            golden = {**golden, "predictions": _through_json(score.predict(golden["rows"]))["prediction"]}
        for form, (body, count) in bodies.items():
            given = _through_json(score.predict(_through_json(body)))
            answer["problems"] += _differences(form, given, golden["predictions"][:count])
    except Exception as error:  # noqa: BLE001  # whatever an edited score.py raises is the finding
        lines = traceback.format_exception(error)
        answer["traceback"] = "".join([*lines[:1], *lines[-_TRACEBACK_FRAMES:]])
        answer["problems"].append(f"score.py raised {type(error).__name__}: {error}")
    return answer


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compare_estimator(score: Any, golden: dict[str, Any], problems: list[str]) -> None:
    from artifact_builder.worker.estimator import feature_names

    model = score.load_model()
    names = feature_names(model)
    if names is None:
        rows: Any = np.array([list(row.values()) for row in golden["rows"]])
    else:
        import pandas as pd

        rows = pd.DataFrame(golden["rows"])[names]
    given = {"prediction": model.predict(rows).tolist()}
    problems += _differences("the estimator without hooks", given, golden["predictions"])


def _bodies(rows: list[dict[str, Any]]) -> dict[str, tuple[Any, int]]:
    """Form's name → (body, how many rows it holds)."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    lists = [list(row.values()) for row in rows]
    frame = {name: {str(index): value for index, value in enumerate(values)} for name, values in columns.items()}
    bodies: dict[str, tuple[Any, int]] = {
        "list of lists": (lists, len(rows)),
        "list of objects": (rows, len(rows)),
        "columns": (columns, len(rows)),
        "data": ({"data": lists}, len(rows)),
        "frame as text": (
            {"data": json.dumps(frame), "data_type": "<class 'pandas.core.frame.DataFrame'>"},
            len(rows),
        ),
        "one object": (rows[0], 1),
    }
    if all(isinstance(value, int | float) and not isinstance(value, bool) for row in lists for value in row):
        buffer = io.BytesIO()
        np.save(buffer, np.array(lists, dtype=np.float64))
        encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
        bodies["numpy array"] = ({"data": encoded, "data_type": "<class 'numpy.ndarray'>"}, len(rows))
    return bodies


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def _differences(form: str, given: Any, promised: list[Any]) -> list[str]:
    """At most one problem a form: the worst row."""
    if not isinstance(given, dict) or not isinstance(given.get("prediction"), list):
        return [f"{form}: predict() must return {{'prediction': [...]}}, found {str(given)[:80]}"]
    predictions = given["prediction"]
    if len(predictions) != len(promised):
        return [f"{form}: expected {len(promised)} predictions, found {len(predictions)}"]
    distances = [_distance(found, expected) for found, expected in zip(predictions, promised, strict=True)]
    worst = max(range(len(distances)), key=distances.__getitem__)
    if distances[worst] <= _RELATIVE_TOLERANCE:
        return []
    wrong = sum(distance > _RELATIVE_TOLERANCE for distance in distances)
    return [
        (
            f"{form}: {wrong} of {len(distances)} rows differ from the golden rows, "
            f"worst is row {worst}: expected {promised[worst]!r}, found {predictions[worst]!r}"
        ),
    ]


def _distance(found: Any, expected: Any) -> float:
    """0 for equal, the relative difference for two floats, infinity for anything else that differs."""
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return max((_distance(one, other) for one, other in zip(found, expected, strict=True)), default=0.0)
    if isinstance(expected, float) and isinstance(found, int | float) and not isinstance(found, bool):
        return abs(found - expected) / max(abs(expected), 1e-300) if found != expected else 0.0
    return 0.0 if type(found) is type(expected) and found == expected else math.inf
