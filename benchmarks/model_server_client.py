"""The load client of the model server's benchmark: wrk, native, so that it leaves the cores to the servers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import requests
from requests.auth import AuthBase

PATIENCE_S = 30  # wrk's own 2 s would be failures on a machine that others load
FRESH = 2048  # signatures
_REPORT = """
done = function(summary, latency, rates)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("REPORT %f %f %d %d\\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(99) / 1e3, summary.errors.status, failed))
end
"""


@dataclass(frozen=True)
class Load:
    """What one run gave: requests/s that were answered, the 99th percentile, how many were not answered 2xx."""

    requests_per_s: float
    p99_ms: float
    failed: int


def run(
    url: str,
    bodies: Sequence[bytes],
    connections: int,
    duration_s: int,
    auth: AuthBase | None = None,
    *,
    is_signed_anew: bool = False,
) -> Load:
    """Send the bodies in turn over so many connections; each answer is 2xx or counted as failed.

    `is_signed_anew`: no signature is sent twice before `FRESH` others were, more than a worker remembers.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("The load client wrk is not on PATH; install it (Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "requests.lua"
        heads = [_head(url, body, auth) for body in bodies]
        if is_signed_anew:
            heads = [_head(url, bodies[turn % len(bodies)], auth, _date(turn // len(bodies))) for turn in range(FRESH)]
        script.write_text(_script(heads, [body.decode() for body in bodies]))
        command = (
            wrk,
            "-t1",
            f"-c{connections}",
            f"-d{duration_s}s",
            f"--timeout={PATIENCE_S}s",
            "-s",
            str(script),
            url,
        )
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"REPORT ([\d.]+) ([\d.]+) (\d+) (\d+)", told)
    if found is None:
        raise RuntimeError(f"wrk said nothing that can be read:\n{told}")
    return Load(float(found[1]), float(found[2]), int(found[3]) + int(found[4]))


def _head(url: str, body: bytes, auth: AuthBase | None, date: str | None = None) -> str:
    headers = {"content-type": "application/json"} | ({} if date is None else {"date": date})
    request = requests.Request("POST", url, data=body, headers=headers, auth=auth).prepare()
    headers = {"host": url.split("/")[2], **{name.lower(): value for name, value in request.headers.items()}}
    return f"POST {request.path_url} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _date(seconds_ago: int) -> str:
    """Give a date of late: OCI takes what is at most five minutes off."""
    return formatdate(time.time() - seconds_ago, usegmt=True)


def _script(heads: Sequence[str], bodies: Sequence[str]) -> str:
    lists = {"heads": heads, "bodies": bodies}  # a JSON string of ASCII is a Lua string too
    listed = "".join(
        f"local {name} = {{\n" + ",\n".join(map(json.dumps, texts)) + "}\n" for name, texts in lists.items()
    )
    count = "local turn = 0\nrequest = function()\n turn = turn % #heads + 1\n"
    return f'{listed}{count} return heads[turn] .. "\\r\\n" .. bodies[(turn - 1) % #bodies + 1]\nend\n{_REPORT}'
