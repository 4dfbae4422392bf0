"""``python -m artifact_builder.worker``: the fork server; its standard input is the socket that tasks come in by.

It imports what tasks need once and forks a process for each task. It goes, and all its tasks with it, when the other
end of the socket is closed: by the builder, or by the kernel when the builder died.
"""

from __future__ import annotations

import socket
import sys

from artifact_builder.worker.fork_loop import ForkLoop


def main() -> int:
    """Serve until the builder is gone."""
    with socket.socket(fileno=0) as control:
        ForkLoop(control).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
