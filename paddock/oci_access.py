"""Oracle's own SDK, pointed at the OCI that a session's stack lives on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from paddock.errors import LackError, PaddockError
from paddock.session import Session
from paddock.workspace import Workspace

# The SDK imports all of its 150 services unless told not to: 0.6 s for nothing.
os.environ.setdefault("OCI_PYTHON_SDK_NO_SERVICE_IMPORTS", "1")


@dataclass(frozen=True)
class OciAccess:
    """Configuration of the SDK; `endpoint` None means Oracle's own for the configured region.

    `special_signer`: what signs where it is not an API key: a session token, an instance or resource principal.
    """

    config: dict[str, Any]
    endpoint: str | None
    special_signer: Any = None

    def signer(self) -> Any:
        """Signs requests of `requests` (OCI's HTTP signature, version 1)."""
        from oci.signer import Signer

        if self.special_signer is not None:
            return self.special_signer

        return Signer.from_config(self.config)

    def data_science(self) -> Any:
        """`oci.data_science.DataScienceClient`."""
        from oci.data_science import DataScienceClient

        return DataScienceClient(self.config, **self._keywords())

    def logging(self) -> Any:
        """`oci.logging.LoggingManagementClient`."""
        from oci.logging import LoggingManagementClient

        return LoggingManagementClient(self.config, **self._keywords())

    def log_search(self) -> Any:
        """`oci.loggingsearch.LogSearchClient`."""
        from oci.loggingsearch import LogSearchClient

        return LogSearchClient(self.config, **self._keywords())

    def _keywords(self) -> dict[str, Any]:
        keywords = {"signer": self.special_signer} if self.special_signer is not None else {}
        if self.endpoint is None:
            return keywords
        from oci.retry import NoneRetryStrategy

        return {**keywords, "service_endpoint": self.endpoint, "retry_strategy": NoneRetryStrategy()}


def access(session: Session) -> OciAccess:
    """The local OCI's key pair for the local stack; for others what Oracle's own clients read from the environment.

    That is OCI_CONFIG_FILE (else `~/.oci/config`), OCI_CLI_PROFILE, OCI_CLI_AUTH (`api_key`, `security_token`,
    `instance_principal`, `resource_principal`), and CLIENT_HOST_OVERRIDES where it names a local OCI.
    """
    from oci import config
    from oci.exceptions import ClientError

    if session.local_oci is not None:
        file = str(_local_config_file(session.workspace))
        return OciAccess(config.from_file(file), session.local_oci.endpoint)
    endpoint = local_endpoint(session.environment)
    try:
        return _access_by(session.environment, endpoint)
    except (ClientError, OSError, ValueError, KeyError) as error:
        raise LackError(
            f"stack {session.stack} needs OCI credentials: {error}. `oci setup config` makes them; in a pipeline "
            "OCI_CLI_AUTH names what the machine signs with."
        ) from error


def local_endpoint(environment: Mapping[str, str]) -> str | None:
    """The local OCI that CLIENT_HOST_OVERRIDES names for Data Science; None where it names none on this machine."""
    for item in environment.get("CLIENT_HOST_OVERRIDES", "").split(";"):
        client, _, endpoint = item.partition("=")
        if client == "oci_datascience.DataScienceClient" and urlsplit(endpoint).hostname in {"127.0.0.1", "localhost"}:
            return endpoint
    return None


def _access_by(environment: Mapping[str, str], endpoint: str | None) -> OciAccess:
    from oci import config
    from oci.auth import signers

    match environment.get("OCI_CLI_AUTH", "api_key"):
        case "resource_principal":
            signer = signers.get_resource_principals_signer()
            return OciAccess({"region": signer.region}, endpoint, signer)
        case "instance_principal":
            signer = signers.InstancePrincipalsSecurityTokenSigner()
            return OciAccess({"region": signer.region}, endpoint, signer)
        case auth:
            file = environment.get("OCI_CONFIG_FILE") or config.DEFAULT_LOCATION
            found = config.from_file(file, environment.get("OCI_CLI_PROFILE") or config.DEFAULT_PROFILE)
            signer = _session_signer(found) if auth == "security_token" else None
            return OciAccess(found, endpoint, signer)


def _session_signer(config: Mapping[str, Any]) -> Any:
    """Signs with a profile's session token, as `oci session authenticate` or `paddock ci sign-in` leaves it."""
    from pathlib import Path

    from oci.auth.signers import SecurityTokenSigner
    from oci.signer import load_private_key_from_file

    token = Path(config["security_token_file"]).expanduser().read_text(encoding="utf-8").strip()
    return SecurityTokenSigner(token, load_private_key_from_file(config["key_file"], config.get("pass_phrase")))


def explain(error: Any) -> PaddockError:
    """An `oci.exceptions.ServiceError` or connection error, as one sentence."""
    if hasattr(error, "status"):
        return PaddockError(f"OCI answered {error.status} {error.code}: {error.message}")
    return PaddockError(f"OCI did not answer: {error}")


def _local_config_file(workspace: Workspace) -> Any:
    from local_oci import credentials

    return credentials.load(workspace.local_oci_dir).config_file
