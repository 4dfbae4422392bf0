"""`python -m local_oci --data DIR [--port N]`: the local OCI in the foreground."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local_oci.errors import LocalOciError
from local_oci.server import serve


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 1 where the folder or no port can be had."""
    parser = argparse.ArgumentParser(prog="python -m local_oci", description="Serve the local OCI on loopback.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the data folder, made where missing")
    parser.add_argument("--port", type=int, metavar="N", help="the port to ask for (another is taken if it is in use)")
    parser.add_argument(
        "--admin", action="store_true", help="let whoever reads keys/admin_token set faults (/_paddock/faults)"
    )
    parser.add_argument(
        "--enforce-bandwidth", action="store_true", help="deployments let through no more than their declared bandwidth"
    )
    arguments = parser.parse_args(argv)
    try:
        serve(
            arguments.data,
            arguments.port,
            has_admin=arguments.admin,
            enforces_bandwidth=arguments.enforce_bandwidth,
        )
    except LocalOciError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
