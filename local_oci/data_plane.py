"""Predictions asked of the control plane's address (`POST /<ocid>/predict`), for clients that know only one endpoint.

They are handed to the deployment's own port with the headers that the client signed; its answer comes back as it is.
`modelDeploymentUrl` points straight at that port: whoever uses it does not come by here.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping

from local_oci.call import Answer, not_found
from local_oci.store import Snapshot
from local_oci.supervised import KIND

SERVICE = "model_deployment"
LARGEST_BODY_BYTES = 10 * 1024 * 1024  # OCI.md 4.3
_TIMEOUT_S = 70.0  # a little more than the deployment's own 60 s
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server", "content-length"}


def port_of(snapshot: Snapshot, deployment_id: str) -> int:
    """The port of a deployment that can answer; 404 for any other."""
    record = snapshot.get(deployment_id)
    if record is None or record.kind != KIND or record.state in ("DELETED", "CREATING", "FAILED", "INACTIVE"):
        raise not_found("model deployment that is ACTIVE:", deployment_id)
    return int(record.private["port"])


def ask(port: int, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """The deployment's answer; 404 where nothing listens there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", target, body, {**headers, "connection": "close"})
        came = connection.getresponse()
        content = came.read()
    except (OSError, http.client.HTTPException) as error:  # refused, reset, or silent for too long
        raise not_found("model deployment that answers at port", str(port)) from error
    finally:
        connection.close()
    kept = {name.lower(): value for name, value in came.getheaders() if name.lower() not in _HOP_BY_HOP}
    return Answer(body=content, status=came.status, headers=kept)
