"""A real stack's file as a rehearsal can use it: the same declarations, none of its accounts and secrets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Pulumi's own keys of a stack file that belong to the real stack's secrets.
_OF_SECRETS = {"encryptionsalt", "encryptedkey", "secretsprovider"}
_STANDS_FOR_A_SECRET = "not-told-to-a-rehearsal"  # noqa: S105 - says so itself
# What names things that only the real OCI has.
_ONLY_THERE = {"paddock:pins"}


def rehearsed(document: Mapping[str, Any] | None, compartment_ocid: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The stack file to rehearse with, and a sentence for each thing that is not as in the real one.

    `document`: the real stack's file as YAML reads it; None where it has none. Keys of `paddock:` stay, with the local
    compartment; those of other namespaces (`oci:` above all) go: a rehearsal signs as the local OCI's own user.
    """
    config = (document or {}).get("config") or {}
    notes: list[str] = []
    kept: dict[str, Any] = {}
    for key, value in config.items():
        if not str(key).startswith("paddock:") or key in _ONLY_THERE:
            continue
        kept[key] = _without_secrets(value, key, notes)
    notes += [f"`{key}` is left out: it names what only the real OCI has." for key in sorted(_ONLY_THERE & set(config))]
    rest = {key: value for key, value in (document or {}).items() if key not in {*_OF_SECRETS, "config", "environment"}}
    return {**rest, "config": {**kept, "paddock:compartmentId": compartment_ocid}}, tuple(notes)


def _without_secrets(value: Any, key: str, notes: list[str]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            notes.append(f"`{key}` holds a secret: the rehearsal has a stand-in for it.")
            return _STANDS_FOR_A_SECRET
        return {name: _without_secrets(inner, f"{key}.{name}", notes) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_secrets(inner, key, notes) for inner in value]
    return value
