"""The fitted estimator of a model folder: loaded behind a guard, and what it says of itself."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.base import is_classifier, is_clusterer, is_regressor
from sklearn.exceptions import InconsistentVersionWarning

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.guard.model_pickle import load_pickle, scan_pickle
from artifact_builder.worker.guard.pickle_globals import AllowList, GlobalName
from artifact_builder.worker.guard.refusal import sklearn_version_refusal
from artifact_builder.worker.guard.servable import check_servable
from artifact_builder.worker.guard.skops_file import load_skops, skops_types
from artifact_builder.worker.own_modules import importable, own_module_names, own_modules

_SKOPS = ".skops"


@dataclass(frozen=True)
class LoadedEstimator:
    """``trusted_globals``: what the file needs of ``trust``. ``own_modules``: files that belong beside score.py."""

    estimator: Any
    trusted_globals: tuple[str, ...]
    own_modules: tuple[Path, ...]


def load_estimator(path: Path, *, trust: Collection[str] = (), model_folder: Path | None = None) -> LoadedEstimator:
    """Load ``path`` (.pkl, .pickle, .joblib, packed or not; .skops) and make sure that it can answer new rows.

    Nothing of the file is run before all that it names is known to be allowed: scikit-learn, numpy, scipy, pandas,
    joblib, harmless parts of Python's own library, the modules of ``model_folder``, and ``trust`` (dotted names of
    modules, with what is in them, or of single globals). Raises WorkerError; its kinds: ``untrusted``, ``hostile``,
    ``memory``, ``scikit_learn_version``, ``own_module``, ``not_fitted``, and ``estimator`` for all that cannot be read
    or is no estimator. Import own modules, at a prediction too, only within ``own_modules.importable``.
    """
    if not path.is_file():
        raise WorkerError("estimator", f"{path.name} is not a file")
    if not path.stat().st_size:
        raise WorkerError("estimator", f"{path.name} is no whole pickle (0 bytes): write it again")
    allow_list = AllowList(frozenset(trust), own_module_names(model_folder))
    with importable(model_folder), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator, names = _loaded(path, allow_list)
        check_servable(path.name, estimator)
    _check_versions(path, caught)
    trusted = sorted(str(name) for name in names if AllowList(allow_list.trust).names_free(*name))
    return LoadedEstimator(estimator, tuple(trusted), own_modules(model_folder, {name.module for name in names}))


def task_kind(estimator: Any) -> str:
    """``classifier``, ``regressor``, ``clusterer`` or ``other``."""
    for kind, is_kind in (("classifier", is_classifier), ("regressor", is_regressor), ("clusterer", is_clusterer)):
        if is_kind(estimator):
            return kind
    return "other"


def algorithm(estimator: Any) -> str:
    """The class's name; of a pipeline's last step, which is what makes the predictions."""
    steps = getattr(estimator, "steps", None)
    return type(steps[-1][1] if steps else estimator).__name__


def feature_names(estimator: Any) -> list[str] | None:
    """Columns that the estimator was fitted on, in their order; None where it was fitted on a bare array."""
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _loaded(path: Path, allow_list: AllowList) -> tuple[Any, Collection[GlobalName]]:
    if path.suffix == _SKOPS:
        types = skops_types(path)
        return load_skops(path, types, allow_list), types
    scanned = scan_pickle(path)
    return load_pickle(path, scanned, allow_list), scanned.globals_called


def _check_versions(path: Path, caught: list[warnings.WarningMessage]) -> None:
    """A .skops file says only in scikit-learn's warnings which version wrote it."""
    remarks = [warning.message for warning in caught if isinstance(warning.message, InconsistentVersionWarning)]
    sklearn_version_refusal(path, {str(remark.original_sklearn_version) for remark in remarks})
