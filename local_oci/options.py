"""What can be switched on for tests of one's own programs, kept with the state: `PUT /_paddock/options`.

`defaultTags`: every new resource gets `Oracle-Tags` defined tags, as in a tenancy with OCI's automatic tag defaults, so
that a program can be tried against drift that nobody declared. Off after a start with an empty folder.
"""

from __future__ import annotations

from local_oci.errors import InvalidParameter
from local_oci.store import Json, Record, Snapshot, Transaction

KIND = "options"
_ID = "options"
_DEFAULTS: Json = {"defaultTags": False}


def read(snapshot: Snapshot) -> Json:
    """All options with their values."""
    record = snapshot.get(_ID)
    return {**_DEFAULTS, **record.document} if record else dict(_DEFAULTS)


def has_default_tags(snapshot: Snapshot) -> bool:
    """Whether new resources get `Oracle-Tags`."""
    return bool(read(snapshot)["defaultTags"])


def change(transaction: Transaction, wanted: Json) -> Json:
    """Set those options that `wanted` names; 400 for one that is not there or has another type."""
    for name, value in wanted.items():
        if not isinstance(value, type(_DEFAULTS.get(name))):
            known = ", ".join(f"{option} ({type(default).__name__})" for option, default in _DEFAULTS.items())
            raise InvalidParameter(f"{name}: is no option with such a value; there is {known}, found {value!r}")
    changed = {**read(transaction), **wanted}
    record = Record(_ID, KIND, "", "", "", "", transaction.now, transaction.now, changed)
    if transaction.get(_ID):
        transaction.save(record)
    else:
        transaction.insert(record)
    return changed
