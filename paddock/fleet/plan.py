"""Which stacks a fleet has, and what their configuration says: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PLATFORM = "platform"


@dataclass(frozen=True)
class FleetStack:
    """One stack. `shard` is None for the platform that all others stand on."""

    name: str
    shard: str | None

    @property
    def is_platform(self) -> bool:
        """Whether the others refer to it."""
        return self.shard is None


def fleet_stacks(base: str, shards: Iterable[str]) -> tuple[FleetStack, ...]:
    """The platform first, then a stack for each shard, such as `prod-platform`, `prod-eu`."""
    platform = FleetStack(f"{base}-{PLATFORM}", None)
    return (platform, *(FleetStack(f"{base}-{shard}", shard) for shard in sorted(shards)))


def configuration(base: Mapping[str, Any], stack: FleetStack, platform_name: str) -> dict[str, Any]:
    """What the stack's file holds: the base stack's configuration, secrets as they are (same salt, same provider).

    `platform_name`: the platform as a stack reference names it.
    """
    config = dict(base.get("config") or {})
    own = {"paddock:platformOnly": True} if stack.is_platform else _of_shard(stack, platform_name)
    for key in ("paddock:platformOnly", "paddock:platformStack", "paddock:shard"):
        config.pop(key, None)
    return {**base, "config": {**config, **own}}


def _of_shard(stack: FleetStack, platform_name: str) -> dict[str, Any]:
    return {"paddock:shard": stack.shard, "paddock:platformStack": platform_name}


def operator_manifests(
    stacks: Iterable[FleetStack], *, repository: str, branch: str, folder: str, namespace: str
) -> list[dict[str, Any]]:
    """A `Stack` of the Pulumi Kubernetes Operator for each stack; a shard waits for the platform."""
    stacks = tuple(stacks)
    platform = next(stack.name for stack in stacks if stack.is_platform)
    return [
        {
            "apiVersion": "pulumi.com/v1",
            "kind": "Stack",
            "metadata": {"name": f"paddock-{stack.name}", "namespace": namespace},
            "spec": {
                "stack": stack.name,
                "projectRepo": repository,
                "branch": branch,
                "repoDir": folder,
                "refresh": False,
                "destroyOnFinalize": False,
                **({} if stack.is_platform else {"prerequisites": [{"name": f"paddock-{platform}"}]}),
            },
        }
        for stack in stacks
    ]
