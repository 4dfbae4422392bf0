"""A change, rehearsed at no cost: the base's stack restored, the change previewed, applied under load, proven.

Every step is a `paddock` command of the checkout that it is about. What fails ends the rehearsal, is told, and all that
was made is destroyed all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from artifact_builder import ArtifactBuilderError, ModelYaml, load_models
from artifact_builder.difference import difference
from artifact_builder.signature import read_signature
from infra.settings import SettingsError, settings_from_stack_file
from paddock.ci import base_commit, policies, prices, rehearsal_scene
from paddock.ci.load import Load, LoadResult, Target
from paddock.ci.pipeline import Pipeline
from paddock.ci.rehearsal_scene import Scene
from paddock.ci.step import StepRun
from paddock.workspace import Workspace


@dataclass(frozen=True)
class Wish:
    """What to rehearse against (None: the default branch), how long to load at least, and what things cost."""

    base: str | None
    load_s: float
    prices_file: Path


@dataclass
class Rehearsal:
    """What a rehearsal found, filled as it goes. `report`: the change in Markdown, as `paddock preview` tells it."""

    stack: str
    base: str
    change: str
    runs: list[StepRun] = field(default_factory=list)
    report: str = ""
    policies: str = ""
    cost: str = ""
    loads: tuple[LoadResult, ...] = ()
    checks: list[dict[str, Any]] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        """Everything went as it should."""
        return not self.problems


_UP = ("up", "--stack", "STACK", "--yes", "--skip-preview")
_PREVIEW = ("preview", "--stack", "STACK")


class _StepFailedError(Exception):
    """Nothing that comes after it makes sense; the rehearsal already knows why."""


def rehearse(pipeline: Pipeline, wish: Wish) -> Rehearsal:
    """Rehearses the commit that is checked out; raises only where nothing could be begun, or on a cancellation."""
    project = pipeline.workspace.project_dir
    base = base_commit.merge_base(project, wish.base)
    change = base_commit.head(project) or base
    found = Rehearsal(pipeline.stack, base, change)
    if uncommitted := base_commit.changed_paths(project):
        found.notes.append(f"Not committed, so not rehearsed: {', '.join(uncommitted[:5])}.")
    with rehearsal_scene.built_up(pipeline, base, change) as scene:
        found.notes += scene.notes
        try:
            _prepare(scene, found)
        except _StepFailedError:
            return found
        try:
            _act(scene, found, wish, project)
        except _StepFailedError:
            pipeline.log.line("what was made for the rehearsal is destroyed")
        _destroy(scene, found)
    return found


def _prepare(scene: Scene, found: Rehearsal) -> None:
    """Builds what the change has, and makes the stack; nothing is deployed yet."""
    built = _run(found, scene, "build the change", scene.change, "build", "--json", is_quiet=True)
    found.models = {item["name"]: item["digest"] for item in json.loads(built.stdout)}
    init = ("pulumi", "stack", "init", "--stack", "STACK", "--non-interactive")
    _require(found, scene.run("make the stack", scene.base, *init))


def _act(scene: Scene, found: Rehearsal, wish: Wish, project: Path) -> None:
    served = _restore(scene, found)
    found.cost = prices.line(
        _models_of(scene.base, scene.stack) if served is not None else None,
        _models_of(scene.change, scene.stack) or (),
        prices.read(wish.prices_file),
        datetime.now(UTC).date(),
    )
    _preview(scene, found, project)
    _update_under_load(scene, found, wish, served or ())
    _check(scene, found)
    _run(found, scene, "preview again: nothing is left to do", scene.change, *_PREVIEW, "--expect-no-changes")


def _restore(scene: Scene, found: Rehearsal) -> Sequence[Mapping[str, Any]] | None:
    """The base's stack, and what it serves; None, with a note, where the base itself can't be deployed."""
    # Pulumi's own words, which every Paddock passes on: the base may have an older one.
    words = ("pulumi", "up", "--stack", "STACK", "--yes", "--skip-preview", "--non-interactive")
    run = scene.run(f"restore the base {found.base[:12]}", scene.base, *words)
    found.runs.append(run)
    if not run.is_ok:
        found.notes.append("The base itself could not be deployed, so the change was rehearsed from what there was.")
        return None
    status = scene.run("what the base serves", scene.base, "status", "--stack", "STACK", "--json", shows_stdout=False)
    served: list[Mapping[str, Any]] = json.loads(status.stdout) if status.is_ok else []
    return served


def _preview(scene: Scene, found: Rehearsal, project: Path) -> None:
    report = scene.root / "models.md"
    words = (*_PREVIEW, "--markdown", str(report), *policies.flags(project))
    run = scene.run("preview the change", scene.change, *words)
    found.runs.append(run)
    found.policies = policies.told(run.output)
    found.report = report.read_text(encoding="utf-8") if report.exists() else ""
    _require(found, run)


def _update_under_load(scene: Scene, found: Rehearsal, wish: Wish, served: Sequence[Mapping[str, Any]]) -> None:
    targets = [target for fact in served if (target := _target(fact, found, scene.change / "artifacts"))]
    with Load(targets, _signer(scene)) as load:
        run = scene.run("apply the change under load", scene.change, *_UP)
        if run.is_ok and targets:
            load.wait_until_lasted(wish.load_s)
    found.loads = load.results()
    found.runs.append(run)
    found.problems += [
        f"{load.failed} of {load.requests} requests to {load.name} failed while it was updated: {load.failures[0]}"
        for load in found.loads
        if load.failed
    ]
    _require(found, run)


def _check(scene: Scene, found: Rehearsal) -> None:
    words = ("check", "--stack", "STACK", "--json")
    run = scene.run("check the golden rows", scene.change, *words, shows_stdout=False)
    found.runs.append(run)
    found.checks = _json_list(run.stdout)
    _require(found, run)


def _json_list(stdout: str) -> list[Any]:
    """What a command printed for programs; empty where it ended before it could, which its exit code tells."""
    try:
        told = json.loads(stdout)
    except ValueError:
        return []
    return told if isinstance(told, list) else []


def _target(fact: Mapping[str, Any], found: Rehearsal, artifacts_dir: Path) -> Target | None:
    """An endpoint to load, with its own golden rows; None for one that a caller can't ask all through the update."""
    name = fact["name"]
    if fact["state"] != "ACTIVE" or not fact["endpoint"] or not fact["digest"]:
        return None
    old = _manifest(artifacts_dir, name, fact["digest"])
    if name not in found.models:
        found.notes.append(f"{name} goes away, so it was not loaded.")
        return None
    if difference(old, _manifest(artifacts_dir, name, found.models[name])).is_breaking:
        found.notes.append(f"{name} was not loaded: its change breaks callers, whose requests it then refuses.")
        return None
    return Target(name, fact["endpoint"], old["golden"]["rows"])


def _manifest(artifacts_dir: Path, name: str, digest: str) -> dict[str, Any]:
    folder = artifacts_dir / name / digest
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return {**manifest, "signature": read_signature(manifest, folder)}


def _signer(scene: Scene) -> Any:
    from oci import config
    from oci.signer import Signer

    return Signer.from_config(config.from_file(str(scene.oci.known.config_file)))


def _models_of(project: Path, stack: str) -> tuple[ModelYaml, ...] | None:
    """The models as a checkout and its stack's file declare them; None where they can't be read."""
    try:
        settings = settings_from_stack_file(Workspace(project).stack_file(stack))
        return load_models(project / settings.models_dir, settings.models)
    except (SettingsError, ArtifactBuilderError):
        return None  # the steps that need them say why


def _destroy(scene: Scene, found: Rehearsal) -> None:
    # A protected resource is meant to stay in the real OCI, not in a rehearsal of it.
    scene.run("unprotect", scene.change, "pulumi", "state", "unprotect", "--all", "--yes", "--stack", "STACK")
    run = scene.run("destroy", scene.change, "destroy", "--stack", "STACK", "--yes", "--skip-preview")
    found.runs.append(run)
    if not run.is_ok:
        found.problems.append(f"destroy failed: {run.reason}")
    elif not rehearsal_scene.is_empty(scene):
        found.problems.append("destroy left deployments running")


def _run(found: Rehearsal, scene: Scene, title: str, folder: Path, *words: str, is_quiet: bool = False) -> StepRun:
    run = scene.run(title, folder, *words, shows_stdout=not is_quiet)
    found.runs.append(run)
    _require(found, run)
    return run


def _require(found: Rehearsal, run: StepRun) -> None:
    if not run.is_ok:
        found.problems.append(f"{run.title}: {run.reason}")
        raise _StepFailedError
