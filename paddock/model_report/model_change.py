"""What a preview says of one model, ready to be shown: plain values, frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from paddock.model_report.deployment_settings import Setting

UNKNOWN_WORD = "unknown"
SHORT_DIGEST_LENGTH = 12

# What becomes of the model as a whole:
#   created      it is new, and gets an endpoint
#   deleted      its endpoint goes
#   replaced     its deployment is made anew: another endpoint
#   new version  the endpoint goes on with another catalog entry, which this update makes
#   kept version the endpoint goes on with another catalog entry, which is there from before: a rollback, or what an
#                interrupted update made
#   imported     a deployment that is there already is taken into the stack
#   deactivated, activated   the endpoint stops, or starts again
#   settings     the endpoint goes on with the same entry and other options
#   catalog      entries come, go or change; what is served does not
#   labels       only texts, tags and metadata
#   resources    only what is around it: logs, alarms, components
Kind = Literal[
    "created",
    "deleted",
    "replaced",
    "new version",
    "kept version",
    "imported",
    "deactivated",
    "activated",
    "settings",
    "catalog",
    "labels",
    "resources",
]


@dataclass(frozen=True)
class Version:
    """An artifact as it is, or will be, served. What nothing tells is None."""

    digest: str | None = None
    scikit_learn: str | None = None
    algorithm: str | None = None
    conda_env: str | None = None
    metrics: dict[str, float] | None = None
    hyperparameters: dict[str, Any] | None = None

    @property
    def short_digest(self) -> str:
        """For people."""
        return self.digest[:SHORT_DIGEST_LENGTH] if self.digest else UNKNOWN_WORD


@dataclass(frozen=True)
class SchemaChange:
    """Sentences of what breaks callers and of what does not.

    `is_breaking` is None where it can't be told, `unknown_because` then says why.
    """

    is_breaking: bool | None
    breaking: tuple[str, ...] = ()
    compatible: tuple[str, ...] = ()
    unknown_because: str | None = None

    def in_words(self) -> str:
        """A few words for a table's cell."""
        if self.is_breaking is None:
            return UNKNOWN_WORD
        if self.is_breaking:
            return "breaks callers"
        return "changed, breaks nobody" if self.compatible else "unchanged"


@dataclass(frozen=True)
class Downtime:
    """Whether callers are without answers for a while; None: nothing tells."""

    is_expected: bool | None
    why: str

    def in_words(self) -> str:
        """`downtime`, `no downtime` or `downtime unknown`."""
        return {True: "downtime", False: "no downtime", None: "downtime unknown"}[self.is_expected]


@dataclass(frozen=True)
class ResourceChange:
    """One resource that is not left as it is: Pulumi's operation, the type's last word, the name, what differs."""

    operation: str
    type: str
    name: str
    properties: tuple[str, ...] = ()

    def in_words(self) -> str:
        """`delete Log wine-cultivar-predict`, `update Model wine-cultivar (description, freeformTags)`."""
        differing = f" ({', '.join(self.properties)})" if self.operation == "update" and self.properties else ""
        return f"{self.operation} {self.type} {self.name}{differing}"


@dataclass(frozen=True)
class ModelChange:
    """One model of the stack that does not stay as it is.

    `endpoint` is where callers reach it now, None where there is none. `old` is what is served now, not merely the
    newest entry; None where nothing is. `stages`: the groups of options that OCI takes one after the other (two or
    more), empty where one update does. `pruned`: digests whose catalog entries go.
    """

    name: str
    kind: Kind
    endpoint: str | None = None
    old: Version | None = None
    new: Version | None = None
    schema: SchemaChange | None = None
    downtime: Downtime | None = None
    stages: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    pruned: tuple[str, ...] = ()
    resources: tuple[ResourceChange, ...] = field(default=())

    @property
    def is_breaking(self) -> bool:
        """Whether callers of what is served now are known to break."""
        return self.schema is not None and self.schema.is_breaking is True

    @property
    def changed_settings(self) -> tuple[Setting, ...]:
        """Settings that differ."""
        return tuple(one for one in self.settings if one.is_changed)

    def metrics(self) -> Iterator[tuple[str, float | None, float | None]]:
        """(name, old, new) for each measure that either side tells."""
        old, new = ((side.metrics or {}) if side else {} for side in (self.old, self.new))
        for name in sorted({*old, *new}):
            yield name, old.get(name), new.get(name)
