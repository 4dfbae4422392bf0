"""Carries an adoption out: the model's folder, the catalog entry's tags, the import, the state's last words.

Every step looks first whether it was done: what was interrupted is run again and goes on.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from artifact_builder import Artifact, ArtifactBuilderError, ModelYaml, build, load_models
from infra.catalog_entry_plan import DIGEST_TAG, MODEL_TAG, artifact_arguments, versioned_name
from infra.settings import Settings
from paddock import console, pulumi_run
from paddock.adopt import found as oci_found
from paddock.adopt.found import Found
from paddock.adopt.import_file import ImportedResource, import_file, imported_resources
from paddock.adopt.model_yaml_text import ARTIFACT_FILE, model_yaml_text
from paddock.adopt.settling import Settlement, settle
from paddock.adopt.state_patch import with_artifact
from paddock.drift.resources import ENTRY
from paddock.errors import PaddockError, WordsError
from paddock.model_builds import read_models
from paddock.oci_access import OciAccess
from paddock.session import Session


@dataclass(frozen=True)
class Adopted:
    """What came of it: the model's folder, its artifact's digest, and what the last preview says."""

    folder: Path
    digest: str
    settlement: Settlement


def adopt(session: Session, settings: Settings, access: OciAccess, found: Found, name: str) -> Adopted:
    """Raises WordsError where the name or the deployment is taken, PaddockError where a step failed."""
    state = _export(session)
    _refuse_taken(state, found, name, session)
    console.note(f"bringing the artifact of {name} …")
    folder, artifact = _folder(session, settings, access, found, name)
    tags = {MODEL_TAG: name, DIGEST_TAG: artifact.digest}
    oci_found.add_tags(access, found.model, tags)
    project = session.workspace.project_name
    entry_name = name if settings.keep == 0 else versioned_name(name, artifact.digest)
    wanted = imported_resources(found, model=name, entry_name=entry_name, stack=session.stack, project=project)
    console.note(f"importing {name} into stack {session.stack} …")
    _import(session, settings, wanted, state)
    _tell_artifact(session, wanted, artifact)
    console.note("previewing …")
    return Adopted(folder, artifact.digest, settle(session, name, frozenset(one.urn for one in wanted if one.id)))


def _folder(session: Session, settings: Settings, access: OciAccess, found: Found, name: str) -> tuple[Path, Artifact]:
    """The model's folder, whole or not at all, and the artifact that is built of it."""
    workspace = session.workspace
    folder = workspace.project_dir / settings.models_dir / name
    with tempfile.TemporaryDirectory(prefix="adopt-", dir=workspace.paddock_dir) as work:
        draft = Path(work) / "models" / name
        draft.mkdir(parents=True)
        (draft / "model.yaml").write_text(model_yaml_text(found, name), encoding="utf-8")
        oci_found.download(access, found.model["id"], draft / ARTIFACT_FILE)
        try:
            (model,) = load_models(draft.parent)
            artifact = build(model, workspace.artifacts_dir)
        except ArtifactBuilderError as error:
            raise PaddockError(f"{name} can't be adopted:\n{error}\nNothing was made or changed.") from error
        if folder.exists():
            return folder, _built_before(_declared(session, settings, name), artifact, session)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(draft, folder)
    return folder, _built_before(_declared(session, settings, name), artifact, session)


def _declared(session: Session, settings: Settings, name: str) -> ModelYaml | None:
    return next((model for model in read_models(session.workspace, settings) if model.name == name), None)


def _built_before(model: ModelYaml | None, artifact: Artifact, session: Session) -> Artifact:
    """The artifact of the folder that is there, which must be the catalog's; raises WordsError where it is not."""
    there = None if model is None else build(model, session.workspace.artifacts_dir)
    if there is None or there.digest != artifact.digest:
        raise WordsError(
            f"models/{artifact.name} is there already, and its artifact is not the one that the deployment serves; "
            "give the adopted model another name with --name"
        )
    return there


def _refuse_taken(state: Mapping[str, Any], found: Found, name: str, session: Session) -> None:
    """A resource is one stack's, under one name; an entry of another model is that model's."""
    owner = (found.model["freeform_tags"] or {}).get(MODEL_TAG)
    if owner not in (None, name):
        raise WordsError(f"its catalog entry is tagged as {owner}'s; adopt it with --name {owner}")
    ids = {found.deployment["id"]: "the deployment", found.model["id"]: "its catalog entry"}
    for resource in _resources(state):
        urn, is_ours = str(resource["urn"]), str(resource["urn"]).rsplit("::", 1)[-1].startswith(name)
        if resource.get("id") in ids and not is_ours:
            what = ids[resource["id"]]
            raise WordsError(f"{what} is in stack {session.stack} already: {urn.rsplit('::', 1)[-1]}")
        is_same_place = urn.endswith(f"modelDeployment:ModelDeployment::{name}")
        if is_same_place and resource.get("id") != found.deployment["id"]:
            raise WordsError(f"stack {session.stack} has a deployment of {name} already; give another --name")


def _import(
    session: Session, settings: Settings, wanted: tuple[ImportedResource, ...], state: Mapping[str, Any]
) -> None:
    known = {str(resource["urn"]) for resource in _resources(state)}
    document = import_file(wanted, known, version("pulumi-oci"))
    if not document["resources"]:
        return
    with tempfile.TemporaryDirectory(prefix="paddock-") as work:
        file = Path(work) / "import.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        protect = f"--protect={'true' if settings.protect else 'false'}"
        words = ["import", "--stack", session.stack, "--file", str(file), protect, "--generate-code=false"]
        pulumi_run.output(session, [*words, "--yes", "--skip-preview"])


def _tell_artifact(session: Session, wanted: tuple[ImportedResource, ...], artifact: Artifact) -> None:
    urn = next(one.urn for one in wanted if one.kind == ENTRY)
    patched = with_artifact(_export(session), urn, artifact_arguments(artifact, session.workspace.project_dir))
    if patched is None:
        return
    with tempfile.TemporaryDirectory(prefix="paddock-") as work:
        file = Path(work) / "state.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(patched), encoding="utf-8")
        pulumi_run.output(session, ["stack", "import", "--stack", session.stack, "--file", str(file)])


def _export(session: Session) -> dict[str, Any]:
    """As the state has it: secrets stay encrypted."""
    exported: dict[str, Any] = pulumi_run.read(session, ["stack", "export", "--stack", session.stack])
    return exported


def _resources(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((state.get("deployment") or {}).get("resources") or [])
