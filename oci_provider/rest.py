"""Signed requests to the local OCI, with the retries of Oracle's provider (OCI.md 3.2), shorter where nobody answers.

`requests` and the `oci` package are imported at the first request: an `up` without a change makes none.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from oci_provider.credentials import Credentials
from oci_provider.errors import CancelledError, ServiceError, TimedOutError, UnreachableError

if TYPE_CHECKING:
    import requests

    from oci_provider.operation import Operation

_UNREACHABLE_AFTER_S: Final = 5.0
_CONFLICT_AFTER_S: Final = 120.0
_THROTTLED_AFTER_S: Final = 600.0
_BROKEN_AFTER_S: Final = 120.0
_ANSWER_WITHIN_S: Final = 120.0
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_CONFLICT, _THROTTLED, _INTERNAL, _NOT_IMPLEMENTED = 409, 429, 500, 501
_FIRST_ERROR = 400


@dataclass(frozen=True)
class Service:
    """One of Oracle's services: its client's name in CLIENT_HOST_OVERRIDES and its base path."""

    client: str
    base_path: str


DATA_SCIENCE: Final = Service("oci_datascience.DataScienceClient", "/20190101")
LOGGING: Final = Service("oci_logging.LoggingManagementClient", "/20200531")
IDENTITY: Final = Service("oci_identity.IdentityClient", "/20160918")
MONITORING: Final = Service("oci_monitoring.MonitoringClient", "/20180401")
SERVICES: Final = (DATA_SCIENCE, LOGGING, IDENTITY, MONITORING)


@dataclass(frozen=True)
class Answer:
    """An answer: `body` is the JSON it carried, or None; `headers` have lower-case names."""

    operation: str
    status: int
    headers: Mapping[str, str]
    body: Any


class Rest:
    """One client for all operations; each thread has its own connection."""

    def __init__(self, endpoints: Mapping[str, str], credentials: Credentials) -> None:
        self._endpoints = endpoints
        self._credentials = credentials
        self._connections = threading.local()
        self._signer: Any = None
        self._signer_lock = threading.Lock()

    def call(
        self,
        service: Service,
        method: str,
        path: str,
        *,
        operation: Operation,
        body: Any = None,
        retry_token: str | None = None,
        accept: tuple[int, ...] = (),
    ) -> Answer:
        """Send a request until it is answered; statuses from 400 on raise ServiceError, but for those in `accept`."""
        headers = {"content-type": "application/json"}
        if retry_token:
            headers["opc-retry-token"] = retry_token
        data = b"" if body is None and method in ("POST", "PUT") else None
        if body is not None:
            data = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
        return self._until_answered(service, method, path, headers, data, operation, accept)

    def upload(
        self,
        service: Service,
        path: str,
        file: Path,
        *,
        operation: Operation,
        content_disposition: str | None,
        accept: tuple[int, ...] = (),
    ) -> Answer:
        """POST a file's bytes as they are; as in Oracle's clients, the signature leaves them out."""
        headers = {
            "content-type": "application/octet-stream",
            "content-length": str(file.stat().st_size),
            "opc-retry-token": secrets.token_urlsafe(24),
        }
        if content_disposition:
            headers["content-disposition"] = content_disposition
        return self._until_answered(service, "POST", path, headers, file, operation, accept)

    def _until_answered(
        self,
        service: Service,
        method: str,
        path: str,
        headers: dict[str, str],
        data: bytes | Path | None,
        operation: Operation,
        accept: tuple[int, ...],
    ) -> Answer:
        import requests

        endpoint = self._endpoints[service.client]
        what = f"{method} {service.base_path}{path}"
        begun, pause_s = time.monotonic(), _FIRST_PAUSE_S
        while True:
            waited_s = time.monotonic() - begun
            try:
                answer = _answer(what, self._send(method, f"{endpoint}{service.base_path}{path}", headers, data))
            except (requests.ConnectionError, requests.Timeout) as error:
                if waited_s >= _UNREACHABLE_AFTER_S:
                    raise UnreachableError(endpoint, error) from error
                retry_after_s = 0.0
            else:
                if answer.status < _FIRST_ERROR or answer.status in accept:
                    return answer
                refused = refusal(answer)
                if waited_s >= _patience_s(refused):
                    raise refused
                retry_after_s = float(answer.headers.get("retry-after", "0"))
                operation.report(f"waiting: {refused.code}: {refused.message}")
            _pause(operation, max(pause_s, retry_after_s), what)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _send(self, method: str, url: str, headers: Mapping[str, str], data: bytes | Path | None) -> requests.Response:
        session, signer = self._connection(), self._signed_by()
        with _opened(data) as content:
            auth = signer.without_content_headers if isinstance(data, Path) else signer
            return session.request(
                method,
                url,
                headers=dict(headers),
                data=content,
                auth=auth,
                timeout=_ANSWER_WITHIN_S,
                allow_redirects=False,
            )

    def _connection(self) -> requests.Session:
        if not hasattr(self._connections, "session"):
            import requests

            session = requests.Session()
            session.trust_env = False  # no proxy and no .netrc between us and loopback
            self._connections.session = session
        found: requests.Session = self._connections.session
        return found

    def _signed_by(self) -> Any:
        with self._signer_lock:
            if self._signer is None:
                self._signer = self._credentials.signer()
            return self._signer


@contextlib.contextmanager
def _opened(data: bytes | Path | None) -> Iterator[Any]:
    if isinstance(data, Path):
        with data.open("rb") as file:
            yield file
    else:
        yield data


def _answer(what: str, response: requests.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    body = None
    if response.content:
        try:
            body = response.json()
        except ValueError:
            body = {"code": "NotJson", "message": response.text[:500]}
    return Answer(what, response.status_code, headers, body)


def refusal(answer: Answer) -> ServiceError:
    """Return what an answer says as an error."""
    body = answer.body if isinstance(answer.body, dict) else {}
    return ServiceError(
        answer.operation,
        answer.status,
        str(body.get("code", "")),
        str(body.get("message", "the answer has no message")),
        opc_request_id=answer.headers.get("opc-request-id", ""),
    )


def _patience_s(refused: ServiceError) -> float:
    """How long a refusal is worth trying again (OCI.md 3.2)."""
    if refused.status == _CONFLICT and refused.code == "IncorrectState":
        return _CONFLICT_AFTER_S
    if refused.status == _THROTTLED:
        return _THROTTLED_AFTER_S
    if refused.status >= _INTERNAL and refused.status != _NOT_IMPLEMENTED:
        return _BROKEN_AFTER_S
    return -1.0


def _pause(operation: Operation, pause_s: float, what: str) -> None:
    left_s = operation.deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimedOutError(f"{what}: no good answer within {operation.timeout_s:g} s")
    if operation.cancelled.wait(min(pause_s, left_s)):
        raise CancelledError(f"{what}: cancelled; run the same command again to go on")
