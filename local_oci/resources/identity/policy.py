"""Identity's policies: kept as declared; the local OCI has one user, who may do everything, and enforces none."""

from __future__ import annotations

from collections.abc import Iterator

from local_oci.call import Route
from local_oci.resources.identity.declared_kind import DeclaredKind, name_problems
from local_oci.resources.identity.tenancy import IDENTITY
from local_oci.store import Json

_VERBS = ("allow", "define", "endorse", "admit", "deny")  # docs: Identity/policysyntax, policies across tenancies


def problems(body: Json) -> Iterator[str]:
    """What breaks a bound beyond types."""
    yield from name_problems(body)
    if body.get("statements") == []:
        yield "statements: must have a statement, found none"
    for index, statement in enumerate(body.get("statements", [])):
        first = statement.split(maxsplit=1)[:1]
        if not first or first[0].lower() not in _VERBS:
            yield f"statements[{index}]: must begin with one of {', '.join(_VERBS)}, found {statement[:80]!r}"


POLICY = DeclaredKind("policy", "policy", "policyId", ("description", "statements", "versionDate"), problems=problems)

ROUTES = (
    Route(IDENTITY, "create_policy", POLICY.create, "CreatePolicyDetails"),
    Route(IDENTITY, "get_policy", POLICY.get),
    Route(IDENTITY, "list_policies", POLICY.list),
    Route(IDENTITY, "update_policy", POLICY.update, "UpdatePolicyDetails"),
    Route(IDENTITY, "delete_policy", POLICY.delete),
)
