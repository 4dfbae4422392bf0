"""The chaos run: a deployment under clients good and bad, while everything happens to it; not one good request fails.

`python -m benchmarks chaos --duration-s 600` prints what was seen and ends with 1 where a request failed, a bad client
was told something wrong, or something was left behind. Nothing of it depends on how quick the machine is.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from oci.signer import Signer

from benchmarks.model_server_chaos_clients import DEADLY, BadClients, GoodClient, Requests, Seen
from benchmarks.model_server_chaos_events import Events, write_model
from benchmarks.times import Row
from model_server import DeploymentSpec, fork_server, supervisor

_TENANCY, _USER, _FINGERPRINT = "ocid1.tenancy.oc1..chaos", "ocid1.user.oc1..chaos", ":".join(["ab"] * 16)
_CLIENTS_OF_A_MANNER = 2
_BODIES = 24
_SEED = 20_261_130


@dataclass(frozen=True)
class ChaosReport:
    """What came of it. `files`, `rss_mib`: the supervisor's, before and after; `left` is what outlived the end."""

    seen: Seen
    happened: Counter[str]
    duration_s: float
    files: tuple[int, int]
    rss_mib: tuple[float, float]
    left: list[str]

    @property
    def is_good(self) -> bool:
        """Tell whether nothing failed and nothing was left."""
        return self.seen.answered > 0 and not self.seen.failures and not self.left

    def rows(self) -> list[Row]:
        """Give the table."""
        seen = self.seen
        rows: list[Row] = [
            ("good requests answered", str(seen.answered), f"slowest {seen.slowest_s:.2f} s", "", ""),
            ("failed", str(len(seen.failures)), f"in {self.duration_s:.0f} s", "", ""),
            ("supervisor's open files", f"{self.files[0]} → {self.files[1]}", "", "", ""),
            ("supervisor's memory", f"{self.rss_mib[0]:.0f} → {self.rss_mib[1]:.0f} MiB", "", "", ""),
            ("left behind", ", ".join(self.left) or "nothing", "", "", ""),
        ]
        rows += [(f"happened: {name}", str(count), "", "", "") for name, count in sorted(self.happened.items())]
        rows += [(f"bad client: {name}", str(count), "", "", "") for name, count in sorted(seen.bad.items())]
        return rows + [("FAILED", words, "", "", "") for words in seen.failures[:20]]


def run(duration_s: float, seed: int = _SEED) -> ChaosReport:
    """Run it for so long."""
    with tempfile.TemporaryDirectory(prefix="paddock-chaos-") as name:
        folder = Path(name)
        signer, spec = _deployment(folder)
        events = Events(spec, folder / "models", DEADLY, seed)
        try:
            events.begin()
            before = _supervisor(spec)
            seen = _let_it_happen(events, signer, duration_s, seed)
            after = _supervisor(spec)
        finally:
            events.end()
            fork_server.stop(spec.state_dir.parent)
        left = _left(folder, spec)
    files, rss_mib = zip(before, after, strict=True)
    return ChaosReport(seen, events.happened, duration_s, files, rss_mib, left)


def _let_it_happen(events: Events, signer: Signer, duration_s: float, seed: int) -> Seen:
    seen, until_s = Seen(), time.monotonic() + duration_s

    def is_over() -> bool:
        return time.monotonic() > until_s

    async def everything() -> None:
        bodies = [[[float(number)], [number + 0.5]] for number in range(_BODIES)]
        asked = Requests(events.spec, signer, bodies)
        clients = [
            GoodClient(asked, seen, manner, events.may_answer).run(is_over)
            for manner in GoodClient.MANNERS
            for _ in range(_CLIENTS_OF_A_MANNER)
        ]
        happening = asyncio.to_thread(events.run, is_over)
        await asyncio.gather(*clients, BadClients(asked, seen, seed).run(is_over), happening)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(everything())
    return seen


def _deployment(folder: Path) -> tuple[Signer, DeploymentSpec]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    spec = DeploymentSpec(
        deployment_id="ocid1.datasciencemodeldeployment.oc1.phx.chaos",
        host="127.0.0.1",
        port=port,
        state_dir=folder / "deployments" / "chaos",
        generation=1,
        artifact_dir=write_model(folder / "models" / "model-0", 0, DEADLY),
        instances=2,
        accepted_keys={f"{_TENANCY}/{_USER}/{_FINGERPRINT}": public_pem},
    )
    return Signer(_TENANCY, _USER, _FINGERPRINT, None, private_key_content=pem), spec


def _supervisor(spec: DeploymentSpec) -> tuple[int, float]:
    process = psutil.Process(supervisor.status(spec).supervisor_pid)
    return process.num_fds(), process.memory_info().rss / 2**20


def _left(folder: Path, spec: DeploymentSpec) -> list[str]:
    left = [
        f"process {process.pid}"
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or [])
    ]
    with socket.socket() as probe:
        left += [f"port {spec.port}"] if probe.connect_ex((spec.host, spec.port)) == 0 else []
    return left
