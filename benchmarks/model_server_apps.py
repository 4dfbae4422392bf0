"""What people write around model.predict, to be measured: run by the peers' own interpreters, so nothing of ours here.

`MODEL` is the estimator's file. fastapi_app for uvicorn, flask_app for gunicorn, asgi_app for granian, and a service
for BentoML; each takes rows of numbers as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import os
from typing import Any

import joblib
import numpy as np

model = joblib.load(os.environ["MODEL"])


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


if _is_there("fastapi"):
    from fastapi import FastAPI

    fastapi_app = FastAPI()

    @fastapi_app.post("/predict")
    def predict_with_fastapi(rows: list[list[float]]) -> dict[str, Any]:
        """Predict, as FastAPI's tutorials do: typed body, a plain function in its thread pool."""
        return {"prediction": model.predict(np.array(rows)).tolist()}


if _is_there("flask"):
    from flask import Flask, request

    flask_app = Flask(__name__)

    @flask_app.post("/predict")
    def predict_with_flask() -> dict[str, Any]:
        """Predict, as OCI's own server has it: Flask behind gunicorn."""
        return {"prediction": model.predict(np.array(request.get_json())).tolist()}


if _is_there("bentoml"):
    import bentoml

    @bentoml.service(workers=2, logging={"access": {"enabled": False}})
    class Bento:
        """Predict with BentoML's defaults."""

        @bentoml.api
        def predict(self, rows: list[list[float]]) -> list[float]:
            """Predict the rows."""
            found: list[float] = model.predict(np.array(rows)).tolist()
            return found


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Predict with nothing in between: the fastest that Python has without sharing calls."""
    if scope["type"] != "http":
        return
    import orjson

    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    answer = json.dumps({"prediction": model.predict(np.array(orjson.loads(body))).tolist()}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
