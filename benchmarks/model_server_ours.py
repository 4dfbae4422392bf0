"""The model server in the benchmark: one deployment that asks for signatures and one that does not, warm.

Both write their access log, as what `paddock` deploys does.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from oci.signer import Signer

from model_server import DeploymentSpec, LogTarget, fork_server, supervisor

_TENANCY, _USER, _FINGERPRINT = "ocid1.tenancy.oc1..bench", "ocid1.user.oc1..bench", ":".join(["ab"] * 16)
_DEPLOYMENT = "ocid1.datasciencemodeldeployment.oc1.phx.bench"
_READY_TIMEOUT_S = 60.0


class Ours:
    """Serves between `with` and its end. `cold_s`: from a deployment's start to READY."""

    def __init__(self, artifact: Path, folder: Path) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.signer = Signer(_TENANCY, _USER, _FINGERPRINT, None, private_key_content=pem)
        self._keys = {f"{_TENANCY}/{_USER}/{_FINGERPRINT}": public_pem}
        self._artifact, self._folder = artifact, folder
        self._specs: dict[str, DeploymentSpec] = {}
        self.cold_s = 0.0

    def __enter__(self) -> Self:
        """Warm up, then start both deployments."""
        fork_server.start(self._folder)
        try:
            fork_server.wait_warm(self._folder)
            for name in ("unsigned", "signed"):
                self._start(name)
        except BaseException:
            self._end()
            raise
        return self

    def _start(self, name: str) -> None:
        spec = self._specs[name] = self._spec(name)  # now: a port that is free does not stay so for long
        began_s = time.perf_counter()
        supervisor.start(spec)
        supervisor.wait_ready(spec, _READY_TIMEOUT_S)
        self.cold_s = time.perf_counter() - began_s

    @property
    def url(self) -> str:
        """Where signatures are asked for."""
        return _url_of(self._specs["signed"])

    @property
    def unsigned_url(self) -> str:
        """Where none are."""
        return _url_of(self._specs["unsigned"])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End all of it."""
        self._end()

    def _end(self) -> None:
        for spec in self._specs.values():
            supervisor.stop(spec)
        fork_server.stop(self._folder)

    def pids(self) -> list[int]:
        """The processes of the signed deployment."""
        status = supervisor.status(self._specs["signed"])
        own = [] if status.supervisor_pid is None else [status.supervisor_pid]
        return [pid for pid in (*own, *status.worker_pids) if psutil.pid_exists(pid)]

    def _spec(self, name: str) -> DeploymentSpec:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        return DeploymentSpec(
            deployment_id=f"{_DEPLOYMENT}.{name}",
            host="127.0.0.1",
            port=port,
            state_dir=self._folder / name,
            generation=1,
            artifact_dir=self._artifact,
            access_log=LogTarget(self._folder / f"{name}.log", *[f"ocid1.bench.oc1..{name}"] * 4),
            instances=2,
            accepted_keys=self._keys,
            is_signature_required=name == "signed",
        )


def _url_of(spec: DeploymentSpec) -> str:
    return f"http://{spec.host}:{spec.port}/{spec.deployment_id}/predict"
