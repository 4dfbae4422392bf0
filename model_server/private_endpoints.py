"""What the control plane asks of a supervisor, on the deployment's own port and guarded by the state folder's token.

GET  /_paddock/status   → SupervisorStatus
POST /_paddock/update   DeploymentSpec → SupervisorStatus; 409 with `traceback` where the artifact does not load
POST /_paddock/clock    {"ahead_s"} → SupervisorStatus: move the deployment's clock ahead and let it tick
POST /_paddock/stop     {"drain_timeout_s"} → SupervisorStatus, then the supervisor ends
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Any

from model_server.answer import Answer, refusal
from model_server.deployment_spec import DeploymentSpec
from model_server.errors import ArtifactDoesNotLoad, SpecRefused
from model_server.serving import Serving

PRIVATE_PREFIX = "/_paddock/"


class PrivateEndpoints:
    """`stop` is called with the drain timeout in seconds; it returns at once."""

    def __init__(self, serving: Serving, token: str, stop: Callable[[float], None]) -> None:
        self._serving = serving
        self._token = token
        self._stop = stop

    async def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request."""
        given = headers.get("authorization", "").encode("latin-1")
        if not compare_digest(given, f"Bearer {self._token}".encode()):
            return refusal(401, "The token of this deployment's state folder is required")
        action = f"{method} {target.removeprefix(PRIVATE_PREFIX)}"
        if action == "GET status":
            return _json(200, self._serving.status().to_json())
        if action == "POST update":
            return await self._update(body)
        if action == "POST clock":
            self._serving.clock.ahead_s += float(json.loads(body)["ahead_s"])
            await self._serving.clock.tick()
            return _json(200, self._serving.status().to_json())
        if action == "POST stop":
            self._stop(float(json.loads(body)["drain_timeout_s"]))
            return _json(200, self._serving.status().to_json())
        return refusal(404, f"There is no {method} {target}")

    async def _update(self, body: bytes) -> Answer:
        try:
            await self._serving.update(DeploymentSpec.from_json(json.loads(body)))
        except ArtifactDoesNotLoad as error:
            return _json(409, {"code": "ArtifactDoesNotLoad", "message": str(error), "traceback": error.traceback})
        except (SpecRefused, KeyError, TypeError, ValueError) as error:
            return _json(400, {"code": "SpecRefused", "message": str(error)})
        return _json(200, self._serving.status().to_json())


def _json(status: int, plain: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(plain).encode())
