"""What a client is told where the local OCI failed through no fault of the request, and what the log is told."""

from __future__ import annotations

import errno
import logging
import sqlite3

from local_oci.errors import InternalServerError

_LOG = logging.getLogger("local_oci")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def failure(error: Exception, what: str) -> InternalServerError:
    """The answer to `what` (method, path, request id); a full disk is named, anything else is in the log."""
    if took_no_more(error):
        _LOG.warning("%s: nothing can be written: %s", what, error)
        return InternalServerError(f"The disk of the data folder takes no more ({error}); make room, then ask again")
    _LOG.error("%s failed", what, exc_info=error)
    return InternalServerError("The local OCI failed; its server.log has the traceback")


def took_no_more(error: Exception) -> bool:
    """Whether a write failed because the disk, or this user's share of it, is full."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorname.startswith(("SQLITE_FULL", "SQLITE_IOERR"))
    return isinstance(error, OSError) and error.errno in _FULL
