"""Oracle Cloud identifiers: `ocid1.<type>.<realm>.<region>.<unique>` (docs: General/Concepts/identifiers)."""

from __future__ import annotations

import base64
import re
import secrets

_UNIQUE_LENGTH = 60
_FORM = re.compile(r"ocid1\.[a-z0-9]+\.[a-z0-9]+\.[a-z0-9-]*\.[a-z0-9-]+")


def mint(kind: str) -> str:
    """A new identifier of the type `kind` (Oracle's word, such as `datasciencemodel`)."""
    unique = base64.b32encode(secrets.token_bytes(_UNIQUE_LENGTH * 5 // 8 + 1)).decode().lower()[:_UNIQUE_LENGTH]
    return f"ocid1.{kind}.oc1.iad.{unique}"


def is_ocid(text: str) -> bool:
    """Whether `text` has the form of an identifier; only such text ever becomes part of a path."""
    return _FORM.fullmatch(text) is not None
