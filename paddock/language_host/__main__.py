"""`python -m paddock.language_host [FLAGS] ENGINE_ADDRESS`: serve until the engine says stop or is gone."""

import signal
import sys

# An engine may interrupt before we serve: then there is nothing to say (the program's process sees our end itself).
for _number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(_number, signal.SIG_DFL)

from paddock.language_host.interpreter import OWN_INTERPRETER  # noqa: E402
from paddock.language_host.program_process import ProgramProcess  # noqa: E402


def main() -> None:
    """Start a program's process ahead, then serve: the SDK is loaded there while gRPC is loaded here."""
    engine_address = sys.argv[-1] if len(sys.argv) > 1 else ""
    started_ahead = ProgramProcess(OWN_INTERPRETER)
    from paddock.language_host.server import serve

    serve(engine_address, started_ahead)


if __name__ == "__main__":
    main()
