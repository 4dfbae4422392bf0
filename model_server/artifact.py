"""An artifact folder as the worker sees it: its score.py, imported and asked.

Bodies are JSON as the standard library reads it (a faster parser goes first; what it refuses, the standard library
decides). Answers are always valid JSON: NaN and the infinities, which Python would write as bare words that JSON does
not know, become null.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pydantic_core

from model_server.answer import Answer, refusal
from model_server.frames import BodyForm
from model_server.shared_predict import find_shared_predict

MESSAGE_LIMIT_CHARS = 1000
_encode = json.JSONEncoder(allow_nan=False).encode

Predict = Callable[[Any], Any]
Report = Callable[[str], None]


class Artifact:
    """A loaded score.py. `shared` is None where requests must be predicted one by one."""

    def __init__(self, artifact_dir: Path) -> None:
        """Import score.py and run its load_model(); whatever it raises comes through."""
        module = _import_score(artifact_dir)
        for name in ("load_model", "predict"):
            if not callable(getattr(module, name, None)):
                raise AttributeError(  # noqa: TRY004  what is missing is a name, whatever its type
                    f"score.py must define the function {name}() (OCI's contract), found none"
                )
        module.load_model()
        self.predict: Predict = module.predict
        self.shared = find_shared_predict(module, artifact_dir / "score.py")


def _import_score(artifact_dir: Path) -> ModuleType:
    os.chdir(artifact_dir)
    sys.path.insert(0, str(artifact_dir))
    sys.dont_write_bytecode = True  # the artifact's folder stays as it was uploaded
    name = f"score_{hashlib.sha256(bytes(artifact_dir)).hexdigest()[:16]}"
    found = importlib.util.spec_from_file_location(name, artifact_dir / "score.py")
    if found is None or found.loader is None:
        raise ImportError(f"{artifact_dir / 'score.py'} cannot be imported")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def read_body(form: int, body: bytes) -> Any:
    """Give a body as predict(data) takes it; raises ValueError or RecursionError for what is no JSON."""
    if form == BodyForm.OCTETS:
        return body
    try:
        return pydantic_core.from_json(body)
    except ValueError:
        return json.loads(body)


def not_json(error: Exception) -> Answer:
    """Refuse a body that `read_body` could not read."""
    return refusal(400, f"The request's body must be JSON: {error}")


def answer_data(predict: Predict, data: Any, report: Report) -> Answer:
    """Predict one body: 200, or 500 for whatever predict raises (as OCI answers).

    `report` takes the traceback of a predict that failed, for the predict log.
    """
    try:
        return Answer(200, to_json(predict(data)))
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever score.py raises is its answer, not our end
        return failed(error, report)


def failed(error: BaseException, report: Report) -> Answer:
    """Give OCI's answer to an exception of score.py."""
    report("".join(traceback.format_exception(error)))
    return refusal(500, f"score.py failed: {last_words(error)}")


def last_words(error: BaseException) -> str:
    """Give what a traceback ends with: the class and the message."""
    return "".join(traceback.format_exception_only(error)).strip()[:MESSAGE_LIMIT_CHARS]


def to_json(result: Any) -> bytes:
    """Write a prediction as valid JSON; raises TypeError for what JSON has no form for."""
    try:
        return _encode(result).encode()
    except ValueError:  # a NaN or an infinity, or a circle, which the second round refuses again
        return json.dumps(_finite(json.loads(json.dumps(result)))).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value
