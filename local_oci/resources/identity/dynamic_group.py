"""Identity's dynamic groups: kept as declared; nothing becomes a member of one."""

from __future__ import annotations

from local_oci.call import Route
from local_oci.resources.identity.declared_kind import DeclaredKind
from local_oci.resources.identity.tenancy import IDENTITY

DYNAMIC_GROUP = DeclaredKind(
    "dynamic_group", "dynamicgroup", "dynamicGroupId", ("description", "matchingRule"), only_in_tenancy=True
)

ROUTES = (
    Route(IDENTITY, "create_dynamic_group", DYNAMIC_GROUP.create, "CreateDynamicGroupDetails"),
    Route(IDENTITY, "get_dynamic_group", DYNAMIC_GROUP.get),
    Route(IDENTITY, "list_dynamic_groups", DYNAMIC_GROUP.list),
    Route(IDENTITY, "update_dynamic_group", DYNAMIC_GROUP.update, "UpdateDynamicGroupDetails"),
    Route(IDENTITY, "delete_dynamic_group", DYNAMIC_GROUP.delete),
)
