"""`python -m model_server STATE_DIR`: the supervisor of one deployment, told by the folder's spec.json.

Exit codes: 0 stopped; 1 it could not serve (supervisor.json says why); 2 wrong words; 3 another supervisor of this
folder runs. Serves until SIGTERM, SIGINT or /_paddock/stop.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from model_server.process_identity import ProcessIdentity
from model_server.state_folder import StateFolder, SupervisorRecord
from model_server.supervisor_status import SupervisorStatus

LOCK_TIMEOUT_S = 10.0  # for one that is just ending


def main(argv: list[str]) -> int:
    """Serve one deployment."""
    if len(argv) != 2:  # noqa: PLR2004  the program's name and the folder
        sys.stderr.write("Usage: python -m model_server STATE_DIR\n")
        return 2
    folder = StateFolder(Path(argv[1]))
    if _lock(folder) is None:
        sys.stderr.write(f"Another supervisor of {folder.path} runs\n")
        return 3
    myself = ProcessIdentity.of(os.getpid())
    if myself is None:
        raise RuntimeError(f"The process table does not know this process, {os.getpid()}")
    spec = folder.read_spec()
    starting = SupervisorStatus("STARTING", os.getpid(), (), spec.generation)
    folder.write_record(SupervisorRecord(myself, (), starting))
    from model_server.supervisor_process import run  # after the record: this import is the slow part of a start

    return run(spec, folder, myself)


def _lock(folder: StateFolder) -> int | None:
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while (descriptor := folder.lock()) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return descriptor


if __name__ == "__main__":
    sys.exit(main(sys.argv))
