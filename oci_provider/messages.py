"""Pulumi's messages, out of what this package works with and into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oci_provider import property_path
from oci_provider.autonaming import Mode, Naming, is_set_by_the_program
from oci_provider.check import DEFAULTS_KEY, Failure
from oci_provider.diff import Difference
from oci_provider.intents import Intent
from oci_provider.kinds import named
from oci_provider.protocol import provider_pb2
from oci_provider.resource import Kind


def kind_of(request: Any) -> Kind:
    """Return the kind that a request is about; raises UnknownTokenError."""
    return named(request.type or request.urn.split("::")[2].split("$")[-1])


def naming(request: Any, begun: Intent | None) -> Naming:
    """Return what a Check says of names to make up; `begun` is the creation of this URN that is still open."""
    told = request.autonaming
    return Naming(
        resource_name=request.urn.rpartition("::")[2],
        seed=bytes(request.randomSeed),
        proposed=told.proposed_name,
        mode=Mode(told.mode),
        begun=begun.names if begun else {},
    )


def failures(found: list[Failure]) -> list[Any]:
    """Return the problems that a check found."""
    return [provider_pb2.CheckFailure(property=one.property, reason=one.reason) for one in found]


def changes(*, differ: bool) -> Any:
    """Return the word for whether there is a difference."""
    return provider_pb2.DiffResponse.DIFF_SOME if differ else provider_pb2.DiffResponse.DIFF_NONE


def diff_response(kind: Kind, found: list[Difference], news: Mapping[str, Any]) -> Any:
    """Return the answer to a Diff: the properties that differ, and what of them asks for a new resource."""
    replaces = sorted({str(one.path[0]) for one in found if one.replaces})
    return provider_pb2.DiffResponse(
        changes=changes(differ=bool(found)),
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and is_set_by_the_program(kind.schema, news, news.get(DEFAULTS_KEY, [])),
        diffs=sorted({str(one.path[0]) for one in found}),
        detailedDiff={property_path.render(one.path): _property_diff(one) for one in found},
        hasDetailedDiff=True,
    )


def _property_diff(one: Difference) -> Any:
    word = f"{one.change.value}_REPLACE" if one.replaces else one.change.value
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(word))
