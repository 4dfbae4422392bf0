"""Loading a .pkl, .pickle or .joblib of a model folder, and words for each way in which that fails."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.guard.guarded_calls import Hostile
from artifact_builder.worker.guard.guarded_file import BytesLimitExceeded, open_guarded, other_file
from artifact_builder.worker.guard.guarded_pickle import load_guarded
from artifact_builder.worker.guard.isolation import memory_limit_bytes
from artifact_builder.worker.guard.numpy_state import Malformed
from artifact_builder.worker.guard.pickle_allow_list import PACKAGES
from artifact_builder.worker.guard.pickle_globals import AllowList, Found, GlobalName, Refused
from artifact_builder.worker.guard.pickle_scan import Scan, scan
from artifact_builder.worker.guard.refusal import check_main, refusal, sklearn_version_refusal


def scan_pickle(path: Path) -> Scan:
    """What the file names; nothing of it is run."""
    try:
        with open_guarded(path, limit_bytes=memory_limit_bytes()) as file:
            return scan(file)
    except (MemoryError, BytesLimitExceeded) as error:
        raise _too_large(path) from error
    except WorkerError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise _not_a_pickle(path, error) from error


def load_pickle(path: Path, scanned: Scan, allow_list: AllowList) -> Any:
    """The object in the file that was scanned; refused where it needs a global outside the allow-list."""
    found = _found(path, scanned, allow_list)
    try:
        limit_bytes = memory_limit_bytes()
        with open_guarded(path, limit_bytes=limit_bytes, size_bytes=scanned.size_bytes) as file:
            return load_guarded(file, found)
    except (MemoryError, BytesLimitExceeded) as error:
        raise _too_large(path) from error
    except WorkerError:
        raise
    except Hostile as error:
        message = f"{path.name} {error}: no saved estimator does that, and the file is not loaded"
        raise WorkerError("hostile", message) from error
    except ModuleNotFoundError as error:
        raise WorkerError("estimator", _missing_module(path, error.name or str(error))) from error
    except (Exception, SystemExit) as error:  # what classes raise when they are given a state that is not theirs
        raise _not_loaded(path, error) from error


def _found(path: Path, scanned: Scan, allow_list: AllowList) -> Mapping[GlobalName, Found]:
    """Look up every global; all that are not allowed are refused at once, before a module is imported."""
    check_main(path, scanned.globals_called)
    sklearn_version_refusal(path, scanned.sklearn_versions)
    refused = [
        Refused(asked)
        for asked, is_called in scanned.globals_called.items()
        if allow_list.refuses(asked, is_called=is_called)
    ]
    found = {}
    for asked, is_called in [] if refused else scanned.globals_called.items():
        try:
            found[asked] = allow_list.find(asked, is_called=is_called)
        except Refused as error:
            refused.append(error)
        except (Exception, SystemExit) as error:  # importing a module of the user's runs it
            raise WorkerError("estimator", _not_imported(path, asked, error)) from error
    if refused:
        raise refusal(path, refused)
    return found


def _not_imported(path: Path, asked: GlobalName, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return _missing_module(path, error.name or str(error))
    if isinstance(error, AttributeError):
        return f"{path.name} needs {asked.name} of {asked.module}, which is not in the one that is installed: {error}"
    return f"{path.name} needs the module {asked.module}, which cannot be imported: {type(error).__name__}: {error}"


def _missing_module(path: Path, module: str) -> str:
    package = module.partition(".")[0]
    if package in PACKAGES:
        return f"{path.name} needs the module {module}, which the installed {package} does not have: fit and save again"
    return (
        f"{path.name} needs the module {module}, which is not there where the model is loaded: install it, "
        f"or, if it is your own, put {package}.py beside model.yaml"
    )


def _too_large(path: Path) -> WorkerError:
    limit_gb = memory_limit_bytes() / 1e9
    message = f"{path.name} ({path.stat().st_size} bytes) needs more than {limit_gb:.1f} GB of memory to be loaded"
    return WorkerError("memory", message)


def _not_a_pickle(path: Path, error: Exception) -> WorkerError:
    other = other_file(path)
    if other is not None:
        return WorkerError("estimator", f"{path.name} {other}")
    how = f"{path.stat().st_size} bytes; {type(error).__name__}: {error}"
    return WorkerError("estimator", f"{path.name} is no whole pickle ({how}): write it again")


def _not_loaded(path: Path, error: BaseException) -> WorkerError:
    if isinstance(error, EOFError | pickle.UnpicklingError | Malformed):
        return _not_a_pickle(path, error)
    return WorkerError("estimator", f"{path.name} cannot be loaded: {type(error).__name__}: {error}")
