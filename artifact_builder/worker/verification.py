"""Whether an artifact's own score.py gives the predictions that its manifest promises, for every form of body."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from artifact_builder.worker.promise import promise
from artifact_builder.worker.request_bodies import request_bodies

_TRACEBACK_FRAMES = 3


def verify(*, artifact_dir: str) -> dict[str, object]:
    """``{"forms": [...], "rows": n, "problems": [...], "traceback": text | None}``; no problem: the promise is kept."""
    folder = Path(artifact_dir)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    golden = manifest["golden"]
    bodies = request_bodies(golden["rows"], manifest.get("signature", {}).get("input_kind", "frame"))
    answer: dict[str, Any] = {"forms": list(bodies), "rows": len(golden["rows"]), "problems": [], "traceback": None}
    try:
        score = _imported(folder / "score.py")
        predictions = golden["predictions"]
        if _has_hooks(score):
            # Hooks may change body and answer as they like: the estimator is held to the golden rows without them.
            answer["problems"] += _without_hooks(score, manifest)
            predictions = _through_json(score.predict(golden["rows"]))["prediction"]
        promised = promise(manifest, predictions)
        for form, (body, rows) in bodies.items():
            given = _through_json(score.predict(_through_json(body)))
            answer["problems"] += promised.differences(form, given, rows)
    except Exception as error:  # noqa: BLE001  # whatever an edited score.py raises is the finding
        answer["traceback"] = _traceback(error)
        answer["problems"].append(f"score.py raised {type(error).__name__}: {error}")
    return answer


def answer_rows(*, artifact_dir: str, rows: list[Any], environment: dict[str, str]) -> dict[str, object]:
    """``{"prediction": [...]}`` as score.py answers to the rows, hooks and all; or ``{"traceback": text}``.

    What a score.py gives that keeps no promise of ours is in the place of the list. ``environment``: variables that the
    deployment has.
    """
    os.environ.update(environment)
    try:
        answer = _through_json(_imported(Path(artifact_dir) / "score.py").predict(rows))
    except Exception as error:  # noqa: BLE001  # whatever score.py raises is the answer
        return {"traceback": _traceback(error)}
    return {"prediction": answer.get("prediction") if isinstance(answer, dict) else answer}


def _traceback(error: Exception) -> str:
    lines = traceback.format_exception(error)
    return "".join([*lines[:1], *lines[-_TRACEBACK_FRAMES:]])


def _imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules["score"] = module  # as after `import score`: what it defines can be pickled by it
    spec.loader.exec_module(module)
    return module


def _has_hooks(score: Any) -> bool:
    """A score.py that someone wrote anew need not know of our hooks."""
    load_hooks = getattr(score, "load_hooks", None)
    return load_hooks is not None and load_hooks() is not None


def _without_hooks(score: Any, manifest: dict[str, Any]) -> list[str]:
    golden = manifest["golden"]
    load_hooks, score.load_hooks = score.load_hooks, lambda: None
    try:
        given = _through_json(score.predict(golden["rows"]))
    finally:
        score.load_hooks = load_hooks
    promised = promise(manifest, golden["predictions"])
    return promised.differences("the estimator without hooks", given, len(golden["rows"]))


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))
