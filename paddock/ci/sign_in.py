"""Signing in to OCI with no key kept: the CI system's own identity token is exchanged for a session of an hour.

The identity domain trusts the CI system (an Identity Propagation Trust); its token endpoint gives a user principal's
session token (UPST) that is bound to a key pair made here and now. Both are left as a profile of OCI's configuration
file, which Pulumi's plugin (`oci:auth: SecurityToken`), the SDK and the `oci` CLI read alike.

OCI's documentation: "Exchanging a JSON Web Token for a UPST". Oracle's SDK does the exchange.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from paddock.errors import LackError, PaddockError, WordsError
from paddock.workspace import write_atomically

_TIMEOUT_S = 30.0
_DOMAIN = "OCI_DOMAIN_URL"
_NEEDED = (_DOMAIN, "OCI_CLIENT_ID", "OCI_CLIENT_SECRET", "OCI_TENANCY", "OCI_REGION")
_AUDIENCE = "OCI_TOKEN_AUDIENCE"


@dataclass(frozen=True)
class SignedIn:
    """Where the session lies, and what later steps must have in their environment to use it."""

    config_file: Path
    variables: Mapping[str, str]


def sign_in(environment: Mapping[str, str], home: Path) -> SignedIn | None:
    """Exchanges tokens and writes the session under `home/.oci/`; None where no identity domain is named.

    Raises WordsError: something needed is not set, or a configuration file is there already; LackError: the CI system
    gives no identity token; PaddockError: the domain refused.
    """
    if not environment.get(_DOMAIN):
        return None
    if missing := [name for name in _NEEDED if not environment.get(name)]:
        raise WordsError(f"{_DOMAIN} is set, so these must be as well: {', '.join(missing)}")
    folder = home / ".oci"
    config_file = folder / "config"
    if config_file.exists() and not (folder / "paddock-session").exists():
        raise WordsError(f"{config_file} is there already: it is not overwritten; unset {_DOMAIN} to use it")
    signer = _exchanged(environment, _identity_token(environment))
    write_atomically(folder / "paddock-session", "made by `paddock ci sign-in`\n")
    write_atomically(folder / "token", signer.get_security_token(), mode=0o600)
    write_atomically(folder / "session.pem", _private_key_pem(signer), mode=0o600)
    profile = {
        "region": environment["OCI_REGION"],
        "tenancy": environment["OCI_TENANCY"],
        "key_file": str(folder / "session.pem"),
        "security_token_file": str(folder / "token"),
    }
    lines = ["[DEFAULT]", *(f"{key}={value}" for key, value in profile.items())]
    write_atomically(config_file, "\n".join(lines) + "\n", mode=0o600)
    return SignedIn(config_file, {"OCI_CLI_AUTH": "security_token", "TF_VAR_region": environment["OCI_REGION"]})


def leave_to_later_steps(signed_in: SignedIn, environment: Mapping[str, str]) -> bool:
    """Appends the variables to $GITHUB_ENV where there is one; False: the caller must set them."""
    file = environment.get("GITHUB_ENV")
    if not file:
        return False
    with Path(file).open("a", encoding="utf-8") as variables:
        variables.writelines(f"{name}={value}\n" for name, value in signed_in.variables.items())
    return True


def _identity_token(environment: Mapping[str, str]) -> str:
    """GitLab puts it into the job's environment (`id_tokens`); GitHub gives it to who asks with the job's token."""
    if token := environment.get("OCI_ID_TOKEN"):
        return token
    url, bearer = (environment.get(f"ACTIONS_ID_TOKEN_REQUEST_{word}") for word in ("URL", "TOKEN"))
    if not url or not bearer:
        raise LackError(
            "the CI system gives this job no identity token. GitHub: `permissions: id-token: write`; GitLab: "
            "`id_tokens: OCI_ID_TOKEN: {aud: …}`."
        )
    if audience := environment.get(_AUDIENCE):
        url += f"&audience={quote(audience, safe='')}"
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {bearer}"})  # noqa: S310 - the CI system's own
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - see above
            return str(json.loads(answer.read())["value"])
    except (OSError, ValueError, KeyError) as error:
        raise PaddockError(f"the CI system's identity token could not be had: {error}") from error


def _exchanged(environment: Mapping[str, str], identity_token: str) -> Any:
    """Oracle's signer, signed in; what it raises names the status but never a token."""
    from oci.auth.signers import TokenExchangeSigner

    try:
        return TokenExchangeSigner(
            identity_token,
            environment[_DOMAIN],
            environment["OCI_CLIENT_ID"],
            environment["OCI_CLIENT_SECRET"],
            environment["OCI_REGION"],
        )
    except Exception as error:
        raise PaddockError(
            f"{environment[_DOMAIN]} did not exchange the identity token: {error}. Its Identity Propagation Trust must "
            "name this CI system's issuer, and a user for the token's subject."
        ) from error


def _private_key_pem(signer: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = signer.session_key_supplier.private_key
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()
