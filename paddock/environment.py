"""The environment in which Pulumi, our plugin and every OCI client meet the local OCI: a pure function of its parts.

Names are those that the official clients read, so that nothing of ours stands between them and the service
(OCI.md §2.4, §3.1).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_oci.credentials import Credentials

_CLIENTS = (
    "oci_datascience.DataScienceClient",
    "oci_logging.LoggingManagementClient",
    "oci_identity.IdentityClient",
    "oci_load_balancer.LoadBalancerClient",
    "oci_object_storage.ObjectStorageClient",
    "oci_monitoring.MonitoringClient",
)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class LocalTarget:
    """What a local run needs to know."""

    paddock_dir: Path
    endpoint: str
    credentials: Credentials
    tool_dirs: tuple[Path, ...]


def local_environment(target: LocalTarget, base: Mapping[str, str], *, official: bool = False) -> dict[str, str]:
    """The variables to set on top of `base` (the caller's environment; only PATH and NO_PROXY are read from it).

    `official`: the official plugin instead of ours; it lives in a Pulumi home of its own, where Pulumi may install it.
    """
    paddock_dir = target.paddock_dir
    credentials = target.credentials
    variables = {
        "PADDOCK_DIR": str(paddock_dir),
        "PATH": _joined(tuple(map(str, target.tool_dirs)), base.get("PATH", ""), ":"),
        "PULUMI_HOME": str(paddock_dir / ("home-official" if official else "home")),
        "PULUMI_BACKEND_URL": f"file://{paddock_dir / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(paddock_dir / "passphrase"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "CLIENT_HOST_OVERRIDES": ";".join(f"{client}={target.endpoint}" for client in _CLIENTS),
        "TF_VAR_tenancy_ocid": credentials.tenancy_ocid,
        "TF_VAR_user_ocid": credentials.user_ocid,
        "TF_VAR_fingerprint": credentials.fingerprint,
        "TF_VAR_private_key_path": str(credentials.key_file),
        "TF_VAR_region": credentials.region,
        "OCI_CONFIG_FILE": str(credentials.config_file),
        "OCI_CLI_CONFIG_FILE": str(credentials.config_file),
        "OCI_CLI_ENDPOINT": target.endpoint,
        # A proxy of the user's is not asked for addresses of this machine.
        "NO_PROXY": _joined(_LOOPBACK, base.get("NO_PROXY", ""), ","),
        "no_proxy": _joined(_LOOPBACK, base.get("no_proxy", ""), ","),
    }
    if base.get("AWS_ACCESS_KEY_ID") in {None, credentials.s3_access_key} and "AWS_PROFILE" not in base:
        # For `pulumi login s3://bucket?endpoint=…` at the local OCI's Object Storage; who has keys of AWS keeps them.
        variables |= {
            "AWS_ACCESS_KEY_ID": credentials.s3_access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.s3_secret_key,
            "AWS_REGION": credentials.region,
        }
    if not official:
        # A local run reaches no address but loopback: the engine may not go and fetch plugins.
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return variables


def as_shell(variables: Mapping[str, str]) -> str:
    """`export` lines for `eval "$(paddock env)"`; a passphrase in the shell would win over ours: it is unset."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join([*lines, "unset PULUMI_CONFIG_PASSPHRASE"])


def _joined(first: tuple[str, ...], rest: str, separator: str) -> str:
    """`first`, then what `rest` has besides: stays the same when applied twice."""
    others = [part for part in rest.split(separator) if part and part not in first]
    return separator.join([*first, *others])
