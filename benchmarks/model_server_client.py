"""The load client of the model server's benchmark: wrk, native, so that it leaves the cores to the servers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import requests
from requests.auth import AuthBase

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


def run(url: str, bodies: Sequence[bytes], connections: int, duration_s: int, auth: AuthBase | None = None) -> Load:
    """Send the bodies in turn over so many connections; each answer is 2xx or counted as failed."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("The load client wrk is not on PATH; install it (Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "requests.lua"
        script.write_text(_script([_raw(url, body, auth) for body in bodies]))
        command = (wrk, "-t1", f"-c{connections}", f"-d{duration_s}s", "-s", str(script), url)
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"REPORT ([\d.]+) ([\d.]+) (\d+) (\d+)", told)
    if found is None:
        raise RuntimeError(f"wrk said nothing that can be read:\n{told}")
    return Load(float(found[1]), float(found[2]), int(found[3]) + int(found[4]))


def _raw(url: str, body: bytes, auth: AuthBase | None) -> str:
    json_type = {"content-type": "application/json"}
    request = requests.Request("POST", url, data=body, headers=json_type, auth=auth).prepare()
    headers = {"host": url.split("/")[2], **{name.lower(): value for name, value in request.headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {request.path_url} HTTP/1.1\r\n{head}\r\n{body.decode()}"


def _script(raw_requests: Sequence[str]) -> str:
    listed = ",\n".join(json.dumps(raw) for raw in raw_requests)  # a JSON string of ASCII is a Lua string too
    turn = "local turn = 0\nrequest = function() turn = turn % #all + 1 return all[turn] end\n"
    return f"local all = {{\n{listed}}}\n{turn}{_REPORT}"
