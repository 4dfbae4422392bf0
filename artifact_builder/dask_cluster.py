"""Builds on a dask cluster, through joblib's dask backend.

The workers must see the models and the artifacts folder under the same paths (a shared file system) and have the same
versions installed; both are asked of every worker before the first build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from artifact_builder import fork_server
from artifact_builder.digest import library_versions
from artifact_builder.errors import SchedulerError
from artifact_builder.many import Outcome, build_outcome
from artifact_builder.model_yaml import ModelYaml
from artifact_builder.version import BUILDER_VERSION

if TYPE_CHECKING:
    from distributed import Client

_ADDRESS = re.compile(r"[a-z]+://[^\s/]+:\d{1,5}")
_CONNECT_TIMEOUT_S = 10.0
_LINGER_S = 10.0  # of a worker's fork server between two builds


def outcomes_of_cluster(
    models: Sequence[ModelYaml], artifacts_dir: Path, *, scheduler: str, jobs: int | None
) -> Iterator[Outcome]:
    """As they end. Raises SchedulerError where nothing can be built. Builds that run when this is left run on."""
    if not _ADDRESS.fullmatch(scheduler):
        raise SchedulerError(f"a dask scheduler's address must be like tcp://host:8786, found {scheduler!r}")
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise SchedulerError(f"building on {scheduler} needs dask's scheduler: pip install distributed") from error
    from joblib import Parallel, delayed, parallel_config

    try:
        client = Client(scheduler, timeout=_CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SchedulerError(f"no dask scheduler answers at {scheduler}: {error}") from error
    with client:
        artifacts_dir = artifacts_dir.absolute()
        artifacts_dir.mkdir(parents=True, exist_ok=True)
        _check_workers(client, scheduler, [*(model.folder for model in models), artifacts_dir])
        with parallel_config(backend="dask", client=client):
            cluster = Parallel(
                n_jobs=-1, batch_size=1, return_as="generator_unordered", pre_dispatch="all" if jobs is None else jobs
            )
            yield from cluster(delayed(_outcome_on_worker)(model, artifacts_dir) for model in models)


def _check_workers(client: Client, scheduler: str, folders: list[Path]) -> None:
    try:
        found = client.run(_lacks, _versions(), folders)
    except ModuleNotFoundError as error:
        raise SchedulerError(f"a worker of {scheduler} has no module {error.name}: install Paddock there") from error
    if not found:
        raise SchedulerError(f"the dask scheduler {scheduler} has no workers: start one, dask worker {scheduler}")
    lacks = [f"worker {worker}: {lack}" for worker, its in sorted(found.items()) for lack in its]
    if lacks:
        raise SchedulerError("\n".join([f"the cluster {scheduler} cannot build these models:", *lacks]))


def _versions() -> dict[str, str]:
    return {**library_versions("onnx"), "builder": BUILDER_VERSION}


def _lacks(versions: dict[str, str], folders: list[Path]) -> list[str]:
    """On a worker: why it can't build."""
    here = _versions()
    lacks = [f"has {name} {here[name]}, must have {one}" for name, one in versions.items() if here[name] != one]
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        words = f"{missing[0]}" if len(missing) == 1 else f"{missing[0]} and {len(missing) - 1} more"
        lacks.append(f"does not see {words}: models and artifacts must lie on a file system that all share")
    return lacks


def _outcome_on_worker(model: ModelYaml, artifacts_dir: Path) -> Outcome:
    with fork_server.shared(linger_s=_LINGER_S):
        return build_outcome(model, artifacts_dir)
