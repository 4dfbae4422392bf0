"""Pulumi's protocol messages without the Pulumi SDK around them.

`import pulumi.runtime.proto.language_pb2` runs `pulumi/__init__.py`, which loads the whole SDK, a third of a second
that a language host has no use for. While the generated modules are loaded, the packages on the way therefore stand in
`sys.modules` bare, with their search path and nothing run (a package is a module with a `__path__`, as the import
system's reference says). Then they are taken away: who imports `pulumi` later in the same process gets the real one.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def _load(*modules: str) -> list[Any]:
    bare = [] if "pulumi" in sys.modules else _enter_bare_packages()
    try:
        return [importlib.import_module(f"pulumi.runtime.proto.{module}") for module in modules]
    finally:
        for package in bare:
            del sys.modules[package]


def _enter_bare_packages() -> list[str]:
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{sys.executable}: expected the package 'pulumi', found none", name="pulumi")
    folder = Path(spec.submodule_search_locations[0])
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    return list(_PACKAGES)


language_pb2, language_pb2_grpc, plugin_pb2 = _load("language_pb2", "language_pb2_grpc", "plugin_pb2")
