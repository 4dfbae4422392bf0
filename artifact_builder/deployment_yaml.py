"""The `deployment` section of model.yaml: how the model is served (DESIGN 3.1). A stack may override each value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from artifact_builder.yaml_types import Number, Strict, matching

Ocid = Annotated[str, matching(r"ocid1\.[a-z0-9]+\.[A-Za-z0-9._-]+", "must be an OCID (ocid1.…)")]
# Under 32 characters and at least 2, letters, digits and _, a letter first, no _ at the end (OCI.md 4.1).
VariableName = Annotated[
    str,
    matching(
        r"[A-Za-z][A-Za-z0-9_]{0,29}[A-Za-z0-9]",
        "must be the name of an environment variable: 2 to 31 letters, digits and _, a letter first, no _ at the end",
    ),
]
DefinedTag = Annotated[str, matching(r"[^.\s]+\.\S+", "must be a defined tag's namespace.key")]
# 24224, 8446 and 8447 are the service's own (OCI.md 4.1).
Port = Annotated[int, Field(ge=1024, le=65535)]


class LoadBalancer(Strict):
    """The deployment's own load balancer. At least 10 Mbps (OCI.md 4.4); no upper bound is published."""

    bandwidth_mbps: Annotated[int, Field(ge=10)] = 10
    maximum_bandwidth_mbps: int | None = None


class Log(Strict):
    """A log that was there before, in a log group of its own.

    With ``log_id`` it is somebody else's: written to, never changed or deleted. Without, it is the stack's, under this
    display name (None: the usual one) and of this type.
    """

    log_group_id: Ocid
    log_id: Ocid | None = None
    display_name: str | None = None
    log_type: Literal["CUSTOM", "SERVICE"] = "CUSTOM"


def _which(value: object) -> str:
    """A mapping is a log; all else is taken for true or false, and refused as such."""
    return LOG_CHOICE if isinstance(value, Mapping | Log) else BOOL_CHOICE


# pydantic puts a choice's tag into a problem's path; nobody wrote it, so `load` takes these out again.
BOOL_CHOICE, LOG_CHOICE = "(bool)", "(log)"
LogChoice = Annotated[
    Annotated[bool, Tag(BOOL_CHOICE)] | Annotated[Log, Tag(LOG_CHOICE)],
    Discriminator(_which),
]


class Logs(Strict):
    """Which of OCI's two categories of deployment logs are written: true for a log in the stack's own group."""

    access: LogChoice = True
    predict: LogChoice = True


class Autoscaling(Strict):
    """A threshold policy. Metrics are OCI's two predefined ones, thresholds are their percentages (OCI.md 4.1)."""

    min: Annotated[int, Field(ge=1)]
    max: Annotated[int, Field(ge=1)]
    metric: Literal["CPU_UTILIZATION", "MEMORY_UTILIZATION"] = "CPU_UTILIZATION"
    scale_out_at: Annotated[int, Field(ge=1, le=100)] = 70
    scale_in_at: Annotated[int, Field(ge=1, le=100)] = 30


class Network(Strict):
    """Where the instances sit: Oracle's managed network unless a subnet or a private endpoint is named (OCI.md 4.1)."""

    subnet_id: Ocid | None = None
    private_endpoint_id: Ocid | None = None
    internet_access: bool | None = None


class Container(Strict):
    """Bring your own container: an image in Oracle's registry that serves the model (OCI.md 4.1)."""

    image: Annotated[str, matching(r"\S+", "must be an image, <region>.ocir.io/<registry>/<image>:<tag>")]
    image_digest: (
        Annotated[str, matching(r"sha256:[0-9a-f]{64}", "must be sha256: and 64 hexadecimal digits")] | None
    ) = None
    cmd: list[str] = Field(default_factory=list)
    entrypoint: list[str] = Field(default_factory=list)
    server_port: Port | None = None
    health_check_port: Port | None = None


class Deployment(Strict):
    """How the model is served. Defaults are oracle-ads's own (OCI.md 2.2).

    ``ocpus`` and ``memory_gbs`` are set for flexible shapes and None for fixed ones; ``instances`` is None where
    ``autoscaling`` is set. ``environment``: variables in clear; ``secrets``: variables → keys of the stack's secret map
    ``paddock:secrets``.
    """

    state: Literal["ACTIVE", "INACTIVE"] = "ACTIVE"
    shape: Annotated[str, matching(r"\S+", "must be the name of a shape, such as VM.Standard.E4.Flex")] = (
        "VM.Standard.E4.Flex"
    )
    ocpus: Number | None = None
    memory_gbs: Number | None = None
    instances: Annotated[int, Field(ge=1)] | None = None
    autoscaling: Autoscaling | None = None
    # The part of an OCPU that is always there on a flexible shape that can burst.
    cpu_baseline: Literal["BASELINE_1_8", "BASELINE_1_2", "BASELINE_1_1"] | None = None
    load_balancer: LoadBalancer = LoadBalancer()
    logs: Logs = Logs()
    environment: dict[VariableName, str] = Field(default_factory=dict)
    secrets: dict[VariableName, str] = Field(default_factory=dict)
    network: Network = Network()
    container: Container | None = None
    # Where it is and what it is called there, if not as the stack has it: another project would have it replaced.
    compartment_id: Ocid | None = None
    project_id: Ocid | None = None
    display_name: str | None = None
    # The deployment's own, where it is not that of the whole model. None: the model's.
    description: str | None = None
    # Besides the model's tags; of a key that is in both, this one.
    tags: dict[str, str] = Field(default_factory=dict)
    defined_tags: dict[DefinedTag, str] = Field(default_factory=dict)
