"""Building many models: only those that changed, side by side, one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from artifact_builder import fork_server
from artifact_builder.artifact_home import Artifact
from artifact_builder.build import build, built_before
from artifact_builder.errors import BuildError, BuildErrors
from artifact_builder.fork_server import ForkServerGoneError
from artifact_builder.model_yaml import ModelYaml


@dataclass(frozen=True)
class Outcome:
    """What came of one model, after ``wall_s`` seconds."""

    model: ModelYaml
    result: Artifact | BuildError
    wall_s: float


def build_all(
    models: Iterable[ModelYaml],
    artifacts_dir: Path,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    on_done: Callable[[Outcome], None] | None = None,
) -> tuple[Artifact, ...]:
    """Build what changed, ``jobs`` models at a time (default: as many as there are cores); results in their order.

    ``scheduler``: address of a dask scheduler (``tcp://…``) whose workers build instead. They must see the models and
    ``artifacts_dir`` under the same paths, and run the same versions; SchedulerError tells which do not.
    ``on_done`` is called in this thread once for each model, as they end. Raises BuildErrors at the end, with all
    failures. Interrupted, it ends all builds here at once and leaves nothing half-done.
    """
    wanted = tuple(models)
    outcomes: dict[str, Outcome] = {}
    with closing(_outcomes(wanted, artifacts_dir, jobs, scheduler)) as ended:
        for outcome in ended:
            outcomes[outcome.model.name] = outcome
            if on_done is not None:
                on_done(outcome)
    results = [outcomes[model.name].result for model in wanted]
    artifacts = tuple(result for result in results if isinstance(result, Artifact))
    errors = tuple(result for result in results if isinstance(result, BuildError))
    if errors:
        raise BuildErrors(errors, artifacts)
    return artifacts


def build_outcome(model: ModelYaml, artifacts_dir: Path) -> Outcome:
    """Build one model; what goes wrong with it is in the outcome."""
    began_s = time.perf_counter()
    result: Artifact | BuildError
    try:
        with fork_server.shared():
            result = build(model, artifacts_dir)
    except BuildError as error:
        result = error
    except ForkServerGoneError:  # after an interruption: builds that have not begun do not begin
        result = BuildError(model.name, "interrupted", "not built")
    return Outcome(model, result, time.perf_counter() - began_s)


def _outcomes(
    models: tuple[ModelYaml, ...], artifacts_dir: Path, jobs: int | None, scheduler: str | None
) -> Generator[Outcome, None, None]:
    """As they end: first those that need no build."""
    changed: list[ModelYaml] = []
    for model in models:
        outcome = _unchanged(model, artifacts_dir)
        if outcome is None:
            changed.append(model)
        else:
            yield outcome
    if scheduler is not None and changed:
        from artifact_builder.dask_cluster import outcomes_of_cluster

        yield from outcomes_of_cluster(changed, artifacts_dir, scheduler=scheduler, jobs=jobs)
    elif changed:
        yield from _outcomes_here(changed, artifacts_dir, jobs)


def _unchanged(model: ModelYaml, artifacts_dir: Path) -> Outcome | None:
    began_s = time.perf_counter()
    result: Artifact | BuildError | None
    try:
        result = built_before(model, artifacts_dir)
    except BuildError as error:
        result = error
    return None if result is None else Outcome(model, result, time.perf_counter() - began_s)


def _outcomes_here(models: list[ModelYaml], artifacts_dir: Path, jobs: int | None) -> Iterator[Outcome]:
    with _one_fork_server():
        if jobs == 1 or len(models) == 1:  # joblib imports numpy; one build after the other needs neither
            yield from (build_outcome(model, artifacts_dir) for model in models)
            return
        from joblib import Parallel, delayed

        # Threads: each only waits for a process of its own. In batches of one, since a batch is told of at its end.
        threads = Parallel(
            n_jobs=jobs or -1, backend="threading", batch_size=1, return_as="generator_unordered", pre_dispatch="all"
        )
        yield from threads(delayed(build_outcome)(model, artifacts_dir) for model in models)


@contextmanager
def _one_fork_server() -> Iterator[None]:
    """Hold the fork server for all; whatever ends this early, ^C above all, ends the builds that go on."""
    with fork_server.shared():
        try:
            yield
        except BaseException:
            fork_server.stop_shared(holders=1)
            raise
