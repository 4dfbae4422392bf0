"""What requests to OCI would be signed with: the plugin's, and those of Paddock's own calls. Nothing is sent."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from paddock.finding import Finding
from paddock.stack_doctor.patient import Patient

_API_KEY = ("tenancyOcid", "userOcid", "fingerprint")
_PLUGIN = "OCI credentials of the plugin"
_OWN = "OCI credentials of paddock"
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+")
_SETUP = "oci setup config   (or set oci:… with `pulumi config set`)"
# Required where the plugin exchanges a CI system's token itself (pulumi-oci 5, provider's documentation).
_EXCHANGE = (
    "tokenExchangeDomainUrl",
    "tokenExchangeRequestedTokenType",
    "tokenExchangeResourceType",
    "tokenExchangeSubjectTokenType",
    "workloadIdentityTokenPath",
)
_EXCHANGE_CLIENT = ("tokenExchangeClientId", "tokenExchangeClientSecret")


class _MissingError(Exception):
    """What is not there, as a sentence; `mend` is the command."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


def plugin_finding(patient: Patient) -> Finding:
    """By `oci:auth` of the stack's file, or TF_VAR_auth."""
    auth = patient.setting("auth") or "ApiKey"
    checks: dict[str, Callable[[Patient], str]] = {
        "ApiKey": _api_key,
        "SecurityToken": _security_token,
        "InstancePrincipal": _on_the_machine,
        "InstancePrincipalWithCerts": _on_the_machine,
        "OKEWorkloadIdentity": _on_the_machine,
        "ResourcePrincipal": _resource_principal,
        "WorkloadIdentityFederation": _token_exchange,
    }
    if auth not in checks:
        mend = f"pulumi config set oci:auth ApiKey --stack {patient.stack}"
        return Finding(_PLUGIN, f"oci:auth is {auth!r}; the plugin knows {', '.join(checks)}", mend)
    return _found(_PLUGIN, auth, lambda: checks[auth](patient))


def own_finding(patient: Patient) -> Finding:
    """By OCI_CLI_AUTH, as `status`, `predict`, `check`, `logs` and `why` sign."""
    auth = patient.environment.get("OCI_CLI_AUTH", "api_key")
    if auth == "resource_principal":
        return _found(_OWN, auth, lambda: _resource_principal(patient))
    if auth == "instance_principal":
        return _found(_OWN, auth, lambda: _on_the_machine(patient))
    profile = patient.environment.get("OCI_CLI_PROFILE", "DEFAULT")
    if auth == "security_token":
        return _found(_OWN, auth, lambda: _session(patient, profile))
    return _found(_OWN, auth, lambda: _profile_key(patient, profile))


def region_finding(patient: Patient) -> Finding:
    """From the stack's file, the plugin's variables, or the profile."""
    region = patient.setting("region")
    place = "oci:region or TF_VAR_region"
    if region is None:
        region, place = (
            _profile(patient, patient.setting("configFileProfile") or "DEFAULT").get("region"),
            "the profile",
        )
    mend = f"pulumi config set oci:region eu-frankfurt-1 --stack {patient.stack}   (the region that you mean)"
    if region is None:
        return Finding("region", "none is named", mend)
    if not _REGION.fullmatch(region):
        return Finding("region", f"{region!r} is no region's name, which is like eu-frankfurt-1", mend)
    return Finding("region", f"{region} ({place})")


def _found(what: str, auth: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, f"{auth}: {check()}")
    except _MissingError as missing:
        return Finding(what, f"{auth}: {missing}", missing.mend)


def _api_key(patient: Patient) -> str:
    """Values in the stack's file or in variables, all of them; else a profile."""
    given = {key: patient.setting(key) for key in (*_API_KEY, "privateKey", "privateKeyPath")}
    if not any(given.values()):
        return _profile_key(patient, patient.setting("configFileProfile") or "DEFAULT")
    if missing := [key for key in _API_KEY if not given[key]]:
        _lack(
            f"{', '.join(missing)} not set, though other parts of the key are", f"pulumi config set oci:{missing[0]} …"
        )
    if given["privateKey"]:
        return f"user {given['userOcid']}"
    if not given["privateKeyPath"]:
        _lack("no private key", "pulumi config set oci:privateKeyPath …")
    _load_key(Path(str(given["privateKeyPath"])).expanduser(), patient.setting("privateKeyPassword"))
    return f"user {given['userOcid']}"


def _profile_key(patient: Patient, profile: str) -> str:
    from oci import config
    from oci.exceptions import InvalidConfig

    file = _config_file(patient)
    found = _profile(patient, profile)
    if not found:
        _lack(f"{file} has no profile {profile}" if file.is_file() else f"there is no {file}", _SETUP)
    if "security_token_file" in found:
        _lack(
            f"profile {profile} is of a session token", "export OCI_CLI_AUTH=security_token TF_VAR_auth=SecurityToken"
        )
    try:
        config.validate_config(dict(found))
    except InvalidConfig as error:
        _lack(f"profile {profile} of {file}: {error}", _SETUP)
    _load_key(Path(str(found["key_file"])).expanduser(), found.get("pass_phrase"))
    return f"profile {profile} of {file}, user {found['user']}"


def _security_token(patient: Patient) -> str:
    return _session(patient, patient.setting("configFileProfile") or "DEFAULT")


def _session(patient: Patient, profile: str) -> str:
    """A session's token says until when it holds."""
    renew = f"oci session authenticate --profile-name {profile}   (in a pipeline: paddock ci sign-in)"
    named = _profile(patient, profile).get("security_token_file")
    if named is None:
        _lack(f"{_config_file(patient)} has no session of profile {profile}", renew)
    file = Path(str(named)).expanduser()
    try:
        payload = file.read_text(encoding="ascii").split(".")[1]
        ends_s = float(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"])
    except OSError as error:
        _lack(f"{file}: {error.strerror}", renew)
    except (ValueError, IndexError, KeyError, TypeError):
        _lack(f"{file} is no session token", renew)
    left_min = (ends_s - time.time()) / 60
    if left_min <= 0:
        _lack(f"the session of profile {profile} has ended", renew)
    return f"a session of profile {profile}, {left_min:.0f} minutes more"


def _resource_principal(patient: Patient) -> str:
    version = patient.environment.get("OCI_RESOURCE_PRINCIPAL_VERSION")
    if not version:
        _lack(
            "OCI_RESOURCE_PRINCIPAL_VERSION is not set: this is no resource of OCI (such as a build of OCI DevOps)",
            "export OCI_CLI_AUTH=api_key TF_VAR_auth=ApiKey",
        )
    return f"version {version}"


def _on_the_machine(_patient: Patient) -> str:
    return "the machine itself signs, which shows only when it runs there"


def _token_exchange(patient: Patient) -> str:
    keys = list(_EXCHANGE)
    if patient.setting("tokenExchangeAuth") != "InstancePrincipal":
        keys += _EXCHANGE_CLIENT
    if missing := [f"oci:{key}" for key in keys if not patient.setting(key)]:
        _lack(f"{', '.join(missing)} not set", f"pulumi config set {missing[0]} … --stack {patient.stack}")
    token = Path(str(patient.setting("workloadIdentityTokenPath"))).expanduser()
    if not token.is_file():
        _lack(f"there is no token at {token}", "have the CI system put its identity token there")
    return f"tokens are exchanged at {patient.setting('tokenExchangeDomainUrl')}"


def _load_key(file: Path, password: str | None) -> None:
    from oci.signer import load_private_key_from_file

    try:
        load_private_key_from_file(str(file), password)
    except FileNotFoundError:
        _lack(f"there is no key at {file}", _SETUP)
    except Exception as error:  # noqa: BLE001  # the SDK's own, cryptography's, OSError: any says that it is no key
        _lack(f"{file} is no private key that can be read: {error}", _SETUP)


def _config_file(patient: Patient) -> Path:
    home = Path(patient.environment.get("HOME", "~")).expanduser()
    return Path(patient.environment.get("OCI_CONFIG_FILE") or home / ".oci" / "config").expanduser()


def _profile(patient: Patient, name: str) -> Mapping[str, Any]:
    """Empty where there is no such file or profile."""
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None)
    try:
        parser.read(_config_file(patient), encoding="utf-8")
    except (Error, UnicodeDecodeError):
        return {}
    if name != "DEFAULT" and not parser.has_section(name):
        return {}
    return dict(parser[name])


def _lack(what: str, mend: str) -> None:
    raise _MissingError(what, mend)
