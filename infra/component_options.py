"""Which of Pulumi's options a component keeps and which go on to the resources in it.

The engine passes on providers, protection, transforms and aliases of a parent by itself; the others below would have
no effect on a component, so each component hands them to what it is made of.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

import pulumi

_LISTS = ("ignore_changes", "replace_on_changes", "additional_secret_outputs")
_HANDED_ON = ("custom_timeouts", "delete_before_replace", "deleted_with", "depends_on", "hooks", "retain_on_delete")


def kept(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """The options of the component itself."""
    own = copy.copy(opts) if opts is not None else pulumi.ResourceOptions()
    for name in (*_LISTS, "custom_timeouts", "delete_before_replace", "hooks", "retain_on_delete", "import_"):
        setattr(own, name, None)
    return own


def handed_on(
    component: pulumi.Resource,
    opts: pulumi.ResourceOptions | None,
    *,
    own: pulumi.ResourceOptions | None = None,
    import_id: str | None = None,
    before: Iterable[str] = (),
) -> pulumi.ResourceOptions:
    """The options of a resource inside `component`.

    `own`: what the component itself asks for; lists are put together, single values of `opts` win. `before`: other
    names that the resource had. It also had its component's parent as its parent, before there was a component for it.
    """
    inner = copy.copy(own) if own is not None else pulumi.ResourceOptions()
    inner.parent = component
    inner.import_ = import_id
    if opts is None:
        inner.aliases = [*_as_list(inner.aliases), *(pulumi.Alias(name=name) for name in before)]
        return inner
    for name in _LISTS:
        both = [*_as_list(getattr(inner, name)), *_as_list(getattr(opts, name))]
        setattr(inner, name, both or None)
    for name in _HANDED_ON:
        value = getattr(opts, name)
        if name == "depends_on":
            inner.depends_on = [*_as_list(inner.depends_on), *_as_list(value)] or None
        elif value is not None:
            setattr(inner, name, value)
    inner.aliases = [*_as_list(inner.aliases), *_former(opts.parent, before)]
    return inner


def refuse_import(what: str, opts: pulumi.ResourceOptions | None, instead: str) -> None:
    """A component of several resources can't be imported by one id; raises ValueError that names the way."""
    if opts is not None and opts.import_ is not None:
        raise ValueError(f"{what}: import_ names one resource and this component has several; give {instead}")


def _former(parent: pulumi.Resource | None, names: Iterable[str]) -> list[pulumi.Alias]:
    aliases = [pulumi.Alias(name=name) for name in names]
    if parent is not None:
        aliases += [pulumi.Alias(parent=parent), *(pulumi.Alias(name=name, parent=parent) for name in names)]
    return aliases


def _as_list(value: object) -> list:  # type: ignore[type-arg]  # of whatever the option holds
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
