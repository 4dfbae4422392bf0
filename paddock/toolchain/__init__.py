"""The Pulumi CLI that this machine works with: found, fetched or built (DESIGN 3.8), all of it under `.paddock/`."""

from paddock.toolchain.bring import Toolchain, ensure, find_ready
from paddock.toolchain.errors import ToolchainError
from paddock.toolchain.pin import PINNED_VERSION
from paddock.toolchain.scripts import write_plugin

__all__ = ["PINNED_VERSION", "Toolchain", "ToolchainError", "ensure", "find_ready", "write_plugin"]
