"""Why there is no Pulumi CLI.

ToolchainError
├── SourceRefusedError       PADDOCK_PULUMI_SOURCE names a source that does not exist or has nothing fitting
├── InstallerFailedError     Pulumi's installer could not be reached, or did not end well
├── GoMissingError           neither PATH nor the wheel gave a Go that can build the module
└── BuildFailedError         `go build` did not end well
"""

from collections.abc import Sequence


class ToolchainError(Exception):
    """Base of the room's errors; the message says what was tried and what to do."""


class SourceRefusedError(ToolchainError):
    """The environment demands a source that cannot be used."""


class InstallerFailedError(ToolchainError):
    """Pulumi's installer gave no CLI; where nothing else is forced, the build from the Go module is tried next."""


class GoMissingError(ToolchainError):
    """No Go to build with."""


class BuildFailedError(ToolchainError):
    """`go build` failed; `output` has its last lines."""

    def __init__(self, exit_code: int, output: Sequence[str]) -> None:
        lines = "\n".join(f"    {line}" for line in output) or "    (it wrote nothing)"
        super().__init__(
            f"building the Pulumi CLI from its Go module: `go build` ended with exit code {exit_code}. Its last "
            f"lines:\n{lines}\nRun the same command again: what was compiled is kept. If a module could not be "
            "fetched, see that GOPROXY names a Go module proxy that this machine reaches; if the disk is full, free "
            "about 4.5 GB; or put a Pulumi CLI on PATH yourself."
        )
        self.exit_code = exit_code
        self.output = tuple(output)
