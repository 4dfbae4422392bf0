"""Pulumi's protocol messages without the Pulumi SDK around them.

`import pulumi.runtime.proto.language_pb2` runs `pulumi/__init__.py`, which loads the whole SDK: half a second that a
language host has no use for. The packages on the way are therefore entered in `sys.modules` bare: with their search
path and nothing run (a package is a module with a `__path__`, as the import system's reference says). Never to be
imported in a process that also needs the SDK.
"""

import importlib
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any

_BARE_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def _enter_bare(name: str, search_path: list[str] | None) -> list[str]:
    """Enter the package `name` unrun; return where its own modules are looked for."""
    spec = importlib.machinery.PathFinder.find_spec(name, search_path)
    if spec is None or spec.submodule_search_locations is None:
        message = f"{name}: expected an installed package of the Pulumi SDK, found none in {search_path or sys.path}"
        raise ModuleNotFoundError(message, name=name)
    package = ModuleType(name)
    package.__spec__ = spec
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules[name] = package
    return package.__path__


def _load(module: str) -> Any:
    search_path: list[str] | None = None
    for name in _BARE_PACKAGES:
        known = sys.modules.get(name)
        search_path = list(known.__path__) if known is not None else _enter_bare(name, search_path)
    return importlib.import_module(f"pulumi.runtime.proto.{module}")


language_pb2: Any = _load("language_pb2")
language_pb2_grpc: Any = _load("language_pb2_grpc")
plugin_pb2: Any = _load("plugin_pb2")
