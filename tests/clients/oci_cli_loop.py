"""Runs in the oci CLI's own environment: a command a line on stdin (a JSON list of words), an answer a line on stdout.

Each command goes through the CLI's own entry, all in one process: starting Python for each would take a second.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys

from oci_cli import dynamic_loader
from oci_cli.cli import cli


def run(words: list[str]) -> dict[str, object]:
    """The command's exit code and output."""
    sys.argv = ["oci", *words]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            dynamic_loader.load_service_from_command(sys.argv)
            cli.main(words, prog_name="oci")
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            if isinstance(ended.code, str):
                err.write(ended.code)
    return {"code": code, "out": _text(out), "err": _text(err)}


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


for line in sys.stdin:
    answer = json.dumps(run(json.loads(line)))
    print(answer, file=sys.__stdout__, flush=True)
