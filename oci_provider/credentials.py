"""Who signs the requests: the provider's configuration (`oci:tenancyOcid` …), else TF_VAR_*, as the official plugin."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from oci_provider.endpoints import MEND
from oci_provider.errors import ConfigurationError

SECRET_KEYS: Final = frozenset({"privateKey", "privateKeyPassword"})
API_KEY: Final = "ApiKey"
_REQUIRED: Final = {
    "tenancyOcid": "TF_VAR_tenancy_ocid",
    "userOcid": "TF_VAR_user_ocid",
    "fingerprint": "TF_VAR_fingerprint",
    "region": "TF_VAR_region",
}
_KEY: Final = {
    "privateKey": "TF_VAR_private_key",
    "privateKeyPath": "TF_VAR_private_key_path",
    "privateKeyPassword": "TF_VAR_private_key_password",
}


@dataclass(frozen=True)
class Credentials:
    """An API key: `private_key` is PEM text, or empty where `private_key_path` says where it is."""

    tenancy_ocid: str
    user_ocid: str
    fingerprint: str
    region: str
    private_key: str
    private_key_path: str
    private_key_password: str

    def __repr__(self) -> str:
        return f"Credentials({self.user_ocid})"

    def signer(self) -> Any:
        """Return Oracle's request signer; raises ConfigurationError where the key cannot be read."""
        os.environ.setdefault("OCI_PYTHON_SDK_NO_SERVICE_IMPORTS", "1")  # only the signer is needed of the SDK
        from oci.exceptions import ClientError
        from oci.signer import Signer

        try:
            return Signer(
                tenancy=self.tenancy_ocid,
                user=self.user_ocid,
                fingerprint=self.fingerprint,
                private_key_file_location=self.private_key_path or None,
                pass_phrase=self.private_key_password or None,
                private_key_content=self.private_key or None,
            )
        except (OSError, ValueError, ClientError) as error:
            where = self.private_key_path or "oci:privateKey"
            raise ConfigurationError(
                f"the private key in {where} cannot be used: {type(error).__name__}; {MEND}"
            ) from error


def read(config: Mapping[str, Any], environment: Mapping[str, str]) -> Credentials:
    """Return the credentials; raises ConfigurationError that names all that is missing."""
    auth = config.get("auth") or environment.get("TF_VAR_auth") or API_KEY
    if str(auth).lower() != API_KEY.lower():
        raise ConfigurationError(
            f"oci:auth: the local plugin signs with an API key only: expected {API_KEY!r}, found {auth!r}"
        )

    def told(names: Mapping[str, str]) -> dict[str, str]:
        return {key: str(config.get(key) or environment.get(variable) or "") for key, variable in names.items()}

    facts, key = told(_REQUIRED), told(_KEY)
    missing = [f"oci:{name} (or {_REQUIRED[name]})" for name, value in facts.items() if not value]
    if not (key["privateKey"] or key["privateKeyPath"]):
        missing.append("oci:privateKeyPath (or TF_VAR_private_key_path)")
    if missing:
        raise ConfigurationError(f"no credentials to sign with: missing {', '.join(missing)}; {MEND}")
    return Credentials(
        tenancy_ocid=facts["tenancyOcid"],
        user_ocid=facts["userOcid"],
        fingerprint=facts["fingerprint"],
        region=facts["region"],
        private_key=key["privateKey"],
        private_key_path=key["privateKeyPath"],
        private_key_password=key["privateKeyPassword"],
    )
