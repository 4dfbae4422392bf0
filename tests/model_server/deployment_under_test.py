"""What the tests of the model server share: artifacts written by hand, keys, a signed client, bounded waits."""

from __future__ import annotations

import json
import socket
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from oci.signer import Signer

from model_server import DeploymentSpec, LogTarget

DEPLOYMENT_ID = "ocid1.datasciencemodeldeployment.oc1.phx.aaaa"
TENANCY, USER, FINGERPRINT = "ocid1.tenancy.oc1..t", "ocid1.user.oc1..u", ":".join(["ab"] * 16)
KEY_ID = f"{TENANCY}/{USER}/{FINGERPRINT}"

OLD_SCORE = """
    def load_model():
        return "old"

    def predict(data, model=load_model()):
        return {"prediction": [model, data]}
"""
READY_TIMEOUT_S = 60


def wait_until(condition: Callable[[], Any], what: str, timeout_s: float = 30) -> Any:
    """Wait until the condition is true and give what it gave."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(0.01)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_artifact(folder: Path, score: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "score.py").write_text(textwrap.dedent(score))
    return folder


def records(target: LogTarget) -> list[dict[str, Any]]:
    return [json.loads(line) for line in target.path.read_text().splitlines()] if target.path.exists() else []


class Keys:
    def __init__(self) -> None:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private_pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.public_pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.signer = Signer(TENANCY, USER, FINGERPRINT, None, private_key_content=self.private_pem)


class Client:
    """Signed requests to one deployment over one connection."""

    def __init__(self, spec: DeploymentSpec, keys: Keys) -> None:
        self.base = f"http://{spec.host}:{spec.port}"
        self.url = f"{self.base}/{spec.deployment_id}/predict"
        self.signer = keys.signer
        self.session = requests.Session()
        self.session.trust_env = False

    def predict(self, data: Any, **options: Any) -> requests.Response:
        return self.send("POST", self.url, json=data, **options)

    def send(self, method: str, url: str, **options: Any) -> requests.Response:
        return self.session.request(method, url, auth=self.signer, timeout=60, **options)


def assert_nothing_left(spec: DeploymentSpec, tmp_path: Path) -> None:
    """Claim that no process and no port of the deployment is left."""
    left = [process.info for process in psutil.process_iter(["pid", "cmdline", "status"]) if _is_of(process, tmp_path)]
    assert left == []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((spec.host, spec.port))


def _is_of(process: psutil.Process, tmp_path: Path) -> bool:
    words = process.info["cmdline"] or []
    return any(word.startswith("model_server") for word in words) and any(str(tmp_path) in word for word in words)
