"""`/_paddock/faults`: faults are read (GET) and set (PUT) here. Only there when the server is started with `--admin`.

Guarded by a token of the data folder, made anew at each such start, so that no OCI client with its signing key, and no
page in a browser, sets a fault: `authorization: Bearer <keys/admin_token>`.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping

from local_oci import faults, request_body
from local_oci.call import Answer
from local_oci.data_folder import FAULTS_PATH, DataFolder, write_whole
from local_oci.dispatch import Dispatch
from local_oci.errors import MethodNotAllowed, NotAuthenticated
from local_oci.faults import Faults
from local_oci.request_body import Receive
from local_oci.routes import ROUTES

_SCHEME = "Bearer "


class Administration:
    """`resume` has what was stuck taken up again, once other faults count."""

    def __init__(self, token: str, dispatch: Dispatch, known: Faults, resume: Callable[[], None]) -> None:
        self._token = token
        self._dispatch = dispatch
        self._faults = known
        self._resume = resume

    async def answer(self, method: str, headers: Mapping[str, str], receive: Receive) -> Answer:
        """Answer one request for `FAULTS_PATH`."""
        given = headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"{_SCHEME}{self._token}".encode()):
            raise NotAuthenticated(
                "authorization: must be 'Bearer ' and the token in keys/admin_token of the data folder"
            )
        if method == "PUT":
            body = request_body.parse_json(await request_body.read_small(receive, headers))
            wanted = faults.checked(body, [".".join(key) for key in ROUTES])
            await self._dispatch.write(lambda tx: faults.change(tx, wanted))
            self._faults.set(wanted)
            self._resume()
        elif method != "GET":
            raise MethodNotAllowed(f"{FAULTS_PATH} takes GET, PUT, found {method}")
        return Answer(body={"faults": list(self._faults.entries)})


def make_token(folder: DataFolder) -> str:
    """A new token in `keys/admin_token`, for this user only."""
    token = secrets.token_urlsafe(32)
    write_whole(folder.admin_token, token)
    return token


def forget_token(folder: DataFolder) -> None:
    """There is no administration any more."""
    folder.admin_token.unlink(missing_ok=True)
