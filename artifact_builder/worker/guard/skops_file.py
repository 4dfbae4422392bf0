"""Loading a .skops file: a zip of JSON and arrays, from which skops makes objects of allowed types only."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import skops.io

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.guard.isolation import memory_limit_bytes
from artifact_builder.worker.guard.pickle_globals import AllowList, GlobalName, Refused
from artifact_builder.worker.guard.refusal import check_main, refusal

_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 0x1
_SCHEMA = "schema.json"


def skops_types(path: Path) -> dict[GlobalName, bool]:
    """The types that skops does not trust by itself (→ whether one is called), after a check of the zip."""
    _check_zip(path)
    try:
        called = _called_types(path)
        names = skops.io.get_untrusted_types(file=path)
    except MemoryError as error:
        raise _too_large(path) from error
    except Exception as error:  # a damaged schema can raise anything
        message = f"{path.name} cannot be read by skops: {type(error).__name__}: {error}; write it again"
        raise WorkerError("estimator", message) from error
    return {_global_name(name): name in called for name in names}


def load_skops(path: Path, types: dict[GlobalName, bool], allow_list: AllowList) -> Any:
    """The object in the file; refused where it needs a type outside the allow-list."""
    check_main(path, types)
    refused = []
    for asked, is_called in types.items():
        try:
            found = allow_list.find(asked, is_called=is_called)
        except Refused as error:
            refused.append(error)
        except (Exception, SystemExit) as error:  # importing a module of the user's runs it
            message = f"{path.name} needs {asked}, which cannot be imported: {type(error).__name__}: {error}"
            raise WorkerError("estimator", message) from error
        else:
            if not found.is_free and (not found.may_be_made or _runs_its_state(found.value)):
                refused.append(Refused(asked))
    if refused:
        raise refusal(path, refused)
    try:
        return skops.io.load(path, trusted=[str(asked) for asked in types])
    except MemoryError as error:
        raise _too_large(path) from error
    except (Exception, SystemExit) as error:  # what classes raise when they are given a state that is not theirs
        message = f"{path.name} cannot be loaded by skops: {type(error).__name__}: {error}"
        raise WorkerError("estimator", message) from error


def _check_zip(path: Path) -> None:
    """Names that stay inside, sizes that fit, and contents that are as large and whole as the directory says."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_directory(path, entries)
            for entry in entries:
                with archive.open(entry) as member:
                    while member.read(_CHUNK_BYTES):
                        pass
    except MemoryError as error:
        raise _too_large(path) from error
    except WorkerError:
        raise
    except Exception as error:  # zipfile, zlib, struct and codecs each have words of their own
        message = f"{path.name} is no whole zip, as a .skops file is: {type(error).__name__}: {error}; write it again"
        raise WorkerError("estimator", message) from error


def _check_directory(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    for entry in entries:
        if _escapes(entry.filename):
            message = f"{path.name} has an entry called {entry.filename!r}, a path that leads out of the file"
            raise WorkerError("hostile", message)
        if entry.flag_bits & _ENCRYPTED:
            raise WorkerError("estimator", f"{path.name} is encrypted ({entry.filename}): save it without a password")
    if len(set(names)) != len(names):
        raise WorkerError("hostile", f"{path.name} has two entries of one name: no skops writes that")
    if sum(entry.file_size for entry in entries) > memory_limit_bytes():
        raise _too_large(path)
    if _SCHEMA not in names:
        message = f"{path.name} is a zip without {_SCHEMA}, not a file of skops: write it with skops.io.dump"
        raise WorkerError("estimator", message)


def _escapes(name: str) -> bool:
    parts = PurePosixPath(name).parts + PureWindowsPath(name).parts
    is_rooted = PurePosixPath(name).is_absolute() or bool(PureWindowsPath(name).anchor)
    return is_rooted or ".." in parts


def _called_types(path: Path) -> set[str]:
    """Types that skops calls with arguments of the file's, where it makes all others empty and sets their state."""
    with zipfile.ZipFile(path) as archive:
        schema = json.loads(archive.read(_SCHEMA))
    return {f"{node.get('__module__')}.{node.get('__class__')}" for node in _nodes(schema) if "__reduce__" in node}


def _nodes(schema: object) -> Iterator[dict[str, Any]]:
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _global_name(full_name: str) -> GlobalName:
    """``package.module.Class.method`` in two, where skops gives one: modules are what can be told by a small letter."""
    parts = full_name.split(".")
    classes = [index for index, part in enumerate(parts) if index and part.lstrip("_")[:1].isupper()]
    at = classes[0] if classes else len(parts) - 1
    return GlobalName(".".join(parts[:at]), ".".join(parts[at:]))


def _runs_its_state(value: object) -> bool:
    """Distributions of scipy's run a text of their state as code when they are loaded."""
    infrastructure = sys.modules.get("scipy.stats._distn_infrastructure")
    return infrastructure is not None and isinstance(value, type) and issubclass(value, infrastructure.rv_generic)


def _too_large(path: Path) -> WorkerError:
    limit_gb = memory_limit_bytes() / 1e9
    message = f"{path.name} ({path.stat().st_size} bytes) needs more than {limit_gb:.1f} GB of memory to be loaded"
    return WorkerError("memory", message)
