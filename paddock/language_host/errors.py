"""What the language host refuses.

LanguageHostError
├── RuntimeOptionRefusedError        Pulumi.yaml asks for something that this host does not do
└── InterpreterNotFoundError         the virtual environment named there is not there
"""

from pathlib import Path


class LanguageHostError(Exception):
    """Base of all errors that a user of the language host can mend; the message says how."""


class RuntimeOptionRefusedError(LanguageHostError):
    """A `runtime.options` entry of the project has a value that this host does not serve."""

    def __init__(self, option: str, found: object, expected: str) -> None:
        super().__init__(
            f"runtime.options.{option}: expected {expected}, found {found!r} (Pulumi.yaml). "
            "Change it, or run the project with the Pulumi CLI that its installer brings."
        )
        self.option = option
        self.found = found


class InterpreterNotFoundError(LanguageHostError):
    """The project's virtual environment has no Python interpreter."""

    def __init__(self, virtualenv: str, python: Path) -> None:
        super().__init__(
            f"runtime.options.virtualenv: expected a virtual environment at {virtualenv!r}, found no {python}. "
            "Make it: `pulumi install`, run in the folder whose Pulumi.yaml or PulumiPolicy.yaml says so."
        )
        self.python = python
