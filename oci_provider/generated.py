"""Pulumi's generated gRPC modules, without the SDK around them.

`import pulumi` runs the whole SDK (0.4 s and more); a plugin or a language host needs only the generated
messages. So the packages `pulumi`, `pulumi.runtime` and `pulumi.runtime.proto` stand as empty packages, with their real
folders, while the generated modules are loaded, and are taken away again: who imports `pulumi` later in this process
gets the real one, which finds the generated modules already loaded. Where `pulumi` is already there, it is used as it
is.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def generated(*names: str) -> list[Any]:
    """Load modules of `pulumi.runtime.proto` by name, in that order; ImportError where Pulumi is not installed."""
    stand_ins = [] if "pulumi" in sys.modules else _stand_in_packages()
    try:
        return [importlib.import_module(f"pulumi.runtime.proto.{name}") for name in names]
    finally:
        for package in stand_ins:
            del sys.modules[package]


def _stand_in_packages() -> list[str]:
    spec = importlib.util.find_spec("pulumi")  # finds a top-level package without running it
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the package 'pulumi' is not installed here; `pip install -r requirements.txt` brings it")
    folder = Path(spec.submodule_search_locations[0])
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    return list(_PACKAGES)
