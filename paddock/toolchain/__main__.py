"""`python -m paddock.toolchain [DIR]`: have the Pulumi CLI in DIR (default: `$PADDOCK_DIR`, else `.paddock`)."""

import os
import sys
from pathlib import Path

from paddock.toolchain import ToolchainError, ensure

_EXIT_LACKING = 3  # as of the command line: the environment lacks something


def main() -> int:
    """Bring the CLI; print where it is."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PADDOCK_DIR") or ".paddock"
    try:
        toolchain = ensure(Path(given).absolute(), report=lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201  # this is a command
    except ToolchainError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return _EXIT_LACKING
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it was", file=sys.stderr)  # noqa: T201
        return 130
    print(f"Pulumi CLI {toolchain.version} ({toolchain.source}): {toolchain.pulumi}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
