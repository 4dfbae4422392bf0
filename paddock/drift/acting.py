"""Carries an adoption out: the user's files, checked as they are read, then the state of what was adopted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.settings import Settings
from paddock import pulumi_run
from paddock.drift.adoption import Adoption
from paddock.drift.resources import kind_of, name_of
from paddock.errors import PaddockError
from paddock.model_builds import read_models
from paddock.session import Session
from paddock.stack_settings import settings_or_default
from paddock.workspace import write_atomically
from paddock.yaml_edit import edited


def adopt(session: Session, settings: Settings, plan: Adoption, known_urns: frozenset[str]) -> None:
    """Writes the files, then refreshes the adopted resources alone, so that the state and the files say the same.

    Done again after an interruption it comes to the same: a value that is there already is not written twice.
    Raises PaddockError, with the files as they were, where a value that was found can't be declared.
    """
    _write(session, settings, plan)
    urns = sorted({change.resource.urn for change in plan.adopted} & known_urns)
    if urns:
        _run_on(session, "refresh", urns)
    let_components_follow(session)


def let_components_follow(session: Session) -> None:
    """An `up` of those components alone whose resources in the cloud are as declared; it touches nothing there.

    Components know their arguments (a load balancer's bandwidth) from the program only, no refresh reaches them.
    """
    preview = pulumi_run.read(session, ["preview", "--stack", session.stack, "--json"])
    components = components_to_follow(preview["steps"])
    if components:
        _run_on(session, "up", components)


def components_to_follow(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """URNs of components that a preview updates, of models that it changes nothing else of. Pure."""
    changed = [step for step in steps if step["op"] != "same"]
    pending = [name_of(step["urn"]) for step in changed if not _is_component(step)]
    return [
        step["urn"]
        for step in changed
        if step["op"] == "update" and _is_component(step) and not _begins_any(name_of(step["urn"]), pending)
    ]


def _begins_any(model: str, names: Sequence[str]) -> bool:
    return any(name == model or name.startswith(f"{model}-") for name in names)


def changed_files(session: Session, settings: Settings, plan: Adoption) -> dict[Path, str]:
    """The files that the plan changes, with the text that they will have."""
    workspace = session.workspace
    folders = {model.name: model.folder for model in read_models(workspace, settings)}
    edits = {folders[name] / "model.yaml": of_model for name, of_model in plan.model_edits.items()}
    if plan.stack_edits:
        edits[workspace.stack_file(session.stack)] = plan.stack_edits
    return {
        path: edited(path.read_text(encoding="utf-8"), of_file, file=path.relative_to(workspace.project_dir).as_posix())
        for path, of_file in edits.items()
    }


def _run_on(session: Session, operation: str, urns: Sequence[str]) -> None:
    targets = [word for urn in urns for word in ("--target", urn)]
    pulumi_run.output(session, [operation, "--stack", session.stack, "--yes", "--skip-preview", *targets])


def _is_component(step: Mapping[str, Any]) -> bool:
    return not (step.get("newState") or {}).get("custom") and not kind_of(step["urn"]).startswith("pulumi:")


def _write(session: Session, settings: Settings, plan: Adoption) -> None:
    texts = changed_files(session, settings, plan)
    before = {path: path.read_text(encoding="utf-8") for path in texts}
    _replace(texts)
    try:
        read_models(session.workspace, settings_or_default(session.workspace, session.stack))
    except PaddockError as error:
        _replace(before)
        raise PaddockError(f"what was found can't be declared, the files are as they were:\n{error}") from error


def _replace(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        write_atomically(path, text, mode=path.stat().st_mode & 0o777)
