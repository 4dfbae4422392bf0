"""The local OCI's application in this process, without HTTP: signed requests by the thousand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local_oci import clock, credentials
from local_oci.conductor import Conductor
from local_oci.credentials import Credentials
from local_oci.data_folder import DataFolder
from local_oci.deployer import Site
from local_oci.dispatch import Dispatch
from local_oci.edge import Edge
from local_oci.faults import Faults
from local_oci.operations import read_table
from local_oci.store import Snapshot, connect
from local_oci.writer import Writer

HOST = "127.0.0.1:8484"
ANSWER_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Request:
    """`target` is path and query as they are sent."""

    method: str
    target: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    form: str = "oci"


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class AsgiCloud:
    """One data folder; work requests are stuck, so that no process is started."""

    def __init__(self, edge: Edge, known: Credentials) -> None:
        self.known = known
        self._edge = edge
        key = load_pem_private_key(known.key_file.read_text().replace("OCI_API_KEY\n", "").encode(), None)
        assert isinstance(key, RSAPrivateKey)
        self._key = key

    async def ask_all(self, requests: list[Request]) -> list[Response]:
        """At once, each answered in time."""
        return await asyncio.wait_for(asyncio.gather(*map(self.ask, requests)), ANSWER_TIMEOUT_S)

    async def ask(self, request: Request) -> Response:
        path, _, query = request.target.partition("?")
        headers = self._signed(request) if request.form == "oci" else self._signed_s3(request)
        scope = {
            "type": "http",
            "method": request.method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        }
        parts: list[dict[str, Any]] = []
        incoming = [{"type": "http.request", "body": request.body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            parts.append(message)

        await self._edge(scope, receive, send)
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in parts[0]["headers"]}
        return Response(parts[0]["status"], told, b"".join(part.get("body", b"") for part in parts[1:]))

    def _signed(self, request: Request) -> dict[str, str]:
        values = {"date": formatdate(usegmt=True), "host": HOST, **request.headers}
        names = ["date", "(request-target)", "host"]
        values["content-length"] = str(len(request.body))
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            values.setdefault("content-type", "application/json")
            values["x-content-sha256"] = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
            names += ["content-length", "content-type", "x-content-sha256"]
        covered = {**values, "(request-target)": f"{request.method.lower()} {request.target}"}
        text = "\n".join(f"{name}: {covered[name].strip()}" for name in names).encode("latin-1")
        signature = base64.b64encode(self._key.sign(text, PKCS1v15(), SHA256())).decode()
        values["authorization"] = (
            f'Signature algorithm="rsa-sha256",headers="{" ".join(names)}",keyId="{self.known.key_id}",'
            f'signature="{signature}",version="1"'
        )
        return values

    def _signed_s3(self, request: Request) -> dict[str, str]:
        path, _, query = request.target.partition("?")
        now = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%dT%H%M%SZ")
        payload = hashlib.sha256(request.body).hexdigest()
        values = {**request.headers, "host": HOST, "x-amz-date": now, "x-amz-content-sha256": payload}
        values["content-length"] = str(len(request.body))
        names = "host;x-amz-content-sha256;x-amz-date"
        pairs = sorted((quote(n, safe="-_.~"), quote(v, safe="-_.~")) for n, v in parse_qsl(query, True))
        lines = [request.method, path, "&".join(f"{n}={v}" for n, v in pairs)]
        lines += [*(f"{name}:{values[name]}" for name in names.split(";")), "", names, payload]
        scope = f"{now[:8]}/us-ashburn-1/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
        key = f"AWS4{self.known.s3_secret_key}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        credential = f"{self.known.s3_access_key}/{scope}"
        values["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
        )
        return values


@contextmanager
def asgi_cloud(data_dir: Path) -> Iterator[AsgiCloud]:
    folder = DataFolder(data_dir)
    folder.make()
    known = credentials.load(data_dir)
    writer = Writer(connect(folder.database), clock.wall_clock)
    writer.start()
    faults = Faults([{"workRequest": "*", "end": "NEVER"}])
    conductor = Conductor(writer, Site(folder, known, lambda found: writer.run(lambda tx: tx.get(found))), faults)
    conductor.start()
    reader = connect(folder.database)
    try:
        dispatch = Dispatch(folder, Snapshot(reader), writer, conductor, faults)
        yield AsgiCloud(
            Edge(folder=folder, credentials=known, table=read_table(), dispatch=dispatch, clock=clock.wall_clock), known
        )
    finally:
        conductor.close()
        writer.close()
        reader.close()
