"""What a supervisor is told to serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from model_server.autoscaling import Autoscaling

BODY_LIMIT_BYTES = 10 * 1024 * 1024  # OCI refuses more with 413 (Oracle's limits of model deployment)


@dataclass(frozen=True)
class LogTarget:
    """A file that takes one category's records, and the names that Oracle's records carry."""

    path: Path
    log_id: str
    log_group_id: str
    compartment_id: str
    tenancy_id: str

    def __post_init__(self) -> None:
        """Make the path absolute: a supervisor has another working folder than its caller."""
        object.__setattr__(self, "path", self.path.absolute())


@dataclass(frozen=True)
class DeploymentSpec:
    """One generation of one deployment.

    `artifact_dir` is read when workers start, also much later when one is replaced: it must stay as it is.
    `accepted_keys` maps key ids (tenancy/user/fingerprint) to public keys in PEM. Without `is_signature_required` any
    process of this machine may ask for predictions: no such thing on OCI, it is to measure what signatures cost.
    With `autoscaling`, `instances` is the number to begin with. `memory_limit_bytes` is an instance's (None: the
    machine's). `bandwidth_mbps` is enforced; None: no limit.
    """

    deployment_id: str
    host: str
    port: int
    state_dir: Path
    generation: int
    artifact_dir: Path
    instances: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    access_log: LogTarget | None = None
    predict_log: LogTarget | None = None
    accepted_keys: Mapping[str, str] = field(default_factory=dict)
    predict_timeout_s: float = 60.0
    body_limit_bytes: int = BODY_LIMIT_BYTES
    load_timeout_s: float = 600.0
    is_signature_required: bool = True
    autoscaling: Autoscaling | None = None
    memory_limit_bytes: int | None = None
    bandwidth_mbps: float | None = None
    queue_limit_requests: int = 1024

    def __post_init__(self) -> None:
        """Make the paths absolute: a supervisor has another working folder than its caller."""
        object.__setattr__(self, "state_dir", self.state_dir.absolute())
        object.__setattr__(self, "artifact_dir", self.artifact_dir.absolute())

    def to_json(self) -> dict[str, Any]:
        """Give a JSON-ready object; `from_json` reads it back to an equal spec."""
        plain = asdict(self) | {"environment": dict(self.environment), "accepted_keys": dict(self.accepted_keys)}
        plain |= {"state_dir": str(self.state_dir), "artifact_dir": str(self.artifact_dir)}
        for name in ("access_log", "predict_log"):
            if plain[name] is not None:
                plain[name]["path"] = str(plain[name]["path"])
        plain["autoscaling"] = None if self.autoscaling is None else self.autoscaling.to_json()
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> DeploymentSpec:
        """Read `to_json`'s object; raises TypeError for unknown or missing names."""
        values = dict(plain)
        values |= {"state_dir": Path(values["state_dir"]), "artifact_dir": Path(values["artifact_dir"])}
        for name in ("access_log", "predict_log"):
            target = values.get(name)
            values[name] = None if target is None else LogTarget(**{**target, "path": Path(target["path"])})
        policy = values.get("autoscaling")
        values["autoscaling"] = None if policy is None else Autoscaling.from_json(policy)
        return cls(**values)
