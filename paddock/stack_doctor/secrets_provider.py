"""What the stack's secrets are encrypted by, and whether they could be read here."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path

from paddock.finding import Finding
from paddock.stack_doctor.backend import backend_of
from paddock.stack_doctor.patient import Patient

_WHAT = "secrets"
_VARIABLE, _FILE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"
_SET_IT = (
    f'export {_FILE_VARIABLE}=…   (a file of mode 0600; from OCI Vault: export {_VARIABLE}="$(oci secrets '
    'secret-bundle get --secret-id OCID --query \'data."secret-bundle-content".content\' --raw-output | base64 -d)")'
)
# Pulumi's passphrase provider: PBKDF2 with SHA-256, then AES-256-GCM (sdk/v3/go/common/resource/config/crypt.go).
_ITERATIONS, _KEY_BYTES = 1_000_000, 32
_PROOF = b"pulumi"


def secrets_finding(patient: Patient) -> Finding:
    """A passphrase is tried on the stack's salt; other providers are named, their keys are their own affair."""
    provider = str(patient.document.get("secretsprovider") or "")
    if provider and provider not in {"passphrase", "default"}:
        scheme = provider.partition("://")[0]
        return Finding(_WHAT, f"by {scheme}: whoever runs Pulumi needs the right to use that key")
    salt = patient.document.get("encryptionsalt")
    if salt is None and backend_of(patient.environment, patient.project).is_cloud:
        return Finding(_WHAT, "by Pulumi Cloud")
    passphrase = _passphrase(patient.environment)
    if isinstance(passphrase, Finding):
        return passphrase
    if salt is None:
        return Finding(_WHAT, "by passphrase, which is set; the stack has none yet")
    if opens(str(salt), passphrase):
        return Finding(_WHAT, f"by passphrase, which opens {patient.file_name}")
    return Finding(_WHAT, f"the passphrase that is set does not open {patient.file_name}", _SET_IT)


def opens(salt: str, passphrase: str) -> bool:
    """Whether the passphrase is that of a stack file's `encryptionsalt` (`v1:<salt>:v1:<nonce>:<proof>`)."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    parts = salt.split(":")
    try:
        version, salted, inner, nonce, proof = parts
        key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), base64.b64decode(salted), _ITERATIONS, _KEY_BYTES)
        found = AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(proof), None)
    except (ValueError, binascii.Error, InvalidTag):
        return False
    return (version, inner, found) == ("v1", "v1", _PROOF)


def _passphrase(environment: Mapping[str, str]) -> str | Finding:
    """Pulumi's order: the variable (also an empty one), then the file."""
    if _VARIABLE in environment:
        return environment[_VARIABLE]
    named = environment.get(_FILE_VARIABLE)
    if not named:
        return Finding(_WHAT, f"by passphrase, and neither {_VARIABLE} nor {_FILE_VARIABLE} is set", _SET_IT)
    try:
        return Path(named).read_text(encoding="utf-8").strip()
    except OSError as error:
        return Finding(_WHAT, f"{_FILE_VARIABLE} names {named}: {error.strerror}", _SET_IT)
