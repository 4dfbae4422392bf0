"""Who may speak to the local OCI: one user of one tenancy, with a key pair made at the first start.

The identifiers are fixed, so that configuration files can be committed; the key is not, and never leaves the folder.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from local_oci.data_folder import DataFolder, write_whole

TENANCY_OCID = "ocid1.tenancy.oc1..paddocklocal"
USER_OCID = "ocid1.user.oc1..paddocklocal"
COMPARTMENT_OCID = "ocid1.compartment.oc1..paddocklocal"
REGION = "us-ashburn-1"
S3_ACCESS_KEY = "paddocklocal"  # OCI calls it a customer secret key
_KEY_SIZE_BITS = 2048
_KEY_LABEL = "OCI_API_KEY\n"  # the CLI warns about a key file that does not end with this line


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an OCI client needs to sign requests; `key_id` is the signature's keyId."""

    tenancy_ocid: str
    user_ocid: str
    fingerprint: str
    key_file: Path
    region: str
    compartment_ocid: str
    config_file: Path
    public_key_pem: str
    s3_access_key: str
    s3_secret_key: str = field(repr=False)

    @property
    def key_id(self) -> str:
        """Such as `<tenancy>/<user>/<fingerprint>`."""
        return f"{self.tenancy_ocid}/{self.user_ocid}/{self.fingerprint}"


def load(data_dir: Path) -> Credentials:
    """Read the credentials of a data folder; the key pair and `oci_config` are made where they are missing."""
    folder = DataFolder(data_dir.absolute())
    if not all(path.exists() for path in (folder.public_key, folder.private_key, folder.s3_secret)):
        _make_keys(folder)
    public_pem = folder.public_key.read_text()
    credentials = Credentials(
        tenancy_ocid=TENANCY_OCID,
        user_ocid=USER_OCID,
        fingerprint=_fingerprint(public_pem),
        key_file=folder.private_key,
        region=REGION,
        compartment_ocid=COMPARTMENT_OCID,
        config_file=folder.oci_config,
        public_key_pem=public_pem,
        s3_access_key=S3_ACCESS_KEY,
        s3_secret_key=folder.s3_secret.read_text(),
    )
    config = _config_text(credentials)
    if not folder.oci_config.exists() or folder.oci_config.read_text() != config:
        write_whole(folder.oci_config, config)
    return credentials


def _make_keys(folder: DataFolder) -> None:
    """Make what is missing, private half first; of two makers at once, the lock of the folder lets one through."""
    import fcntl

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    folder.private_key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder.private_key.parent / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.s3_secret.exists():
            write_whole(folder.s3_secret, secrets.token_urlsafe(30))
        if folder.public_key.exists() and folder.private_key.exists():
            return
        key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_SIZE_BITS)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write_whole(folder.private_key, private.decode() + _KEY_LABEL)
        write_whole(folder.public_key, public.decode())
    finally:
        os.close(lock)


def _fingerprint(public_pem: str) -> str:
    """MD5 over the public key's DER form, in pairs (docs: API/Concepts/apisigningkey)."""
    import base64

    body = "".join(line for line in public_pem.splitlines() if not line.startswith("-----"))
    digest = hashlib.md5(base64.b64decode(body), usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def _config_text(credentials: Credentials) -> str:
    return (
        "[DEFAULT]\n"
        f"user={credentials.user_ocid}\n"
        f"fingerprint={credentials.fingerprint}\n"
        f"key_file={credentials.key_file}\n"
        f"tenancy={credentials.tenancy_ocid}\n"
        f"region={credentials.region}\n"
    )
