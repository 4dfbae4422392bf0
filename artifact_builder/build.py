"""From a checked model.yaml to an artifact on disk, or to the one that is there already."""

from __future__ import annotations

import shutil
from pathlib import Path

from artifact_builder import introspection, ready_artifact
from artifact_builder.artifact_home import Artifact, ArtifactHome, NewArtifact, write_json
from artifact_builder.child import ChildError, run_in_child
from artifact_builder.digest import Member, artifact_digest, input_digest, library_versions, members_of
from artifact_builder.errors import BuildError
from artifact_builder.git_commit import git_commit
from artifact_builder.model_yaml import ModelYaml
from artifact_builder.version import BUILDER_VERSION
from artifact_builder.zip_file import write_zip

# Loading, converting and checking 1.5 GB takes half a minute; what takes longer than this hangs. Training may be long.
_BUILD_TIMEOUT_S = 900.0
_TRAIN_TIMEOUT_S = 4 * 3600.0
_OPTIONS = frozenset(
    {
        "format",
        "model_file_name",
        "conda_env",
        "python_version",
        "predict_proba",
        "strict",
        "allow_version_skew",
        "trust",
        "metrics",
    }
)


def build(model: ModelYaml, artifacts_dir: Path) -> Artifact:
    """Build ``model``, or find it built from the same inputs (that costs hashes, no import of scikit-learn).

    Paths of the result are absolute. Raises BuildError, and leaves nothing half-done then.
    """
    home = ArtifactHome(model.name, artifacts_dir)
    try:
        inputs = input_digest(model)
        found = home.find(inputs)
        if found is not None:
            return found
        with home.locked():
            found = home.find(inputs)  # another builder may have been quicker
            return _build(model, home, inputs) if found is None else found
    except OSError as error:
        raise BuildError(model.name, "disk", f"its files cannot be read or written: {error}") from error


def built_before(model: ModelYaml, artifacts_dir: Path) -> Artifact | None:
    """The whole artifact that an earlier build of the same inputs left, if any; takes no lock, raises BuildError."""
    try:
        return ArtifactHome(model.name, artifacts_dir).find(input_digest(model))
    except OSError as error:
        raise BuildError(model.name, "disk", f"its files cannot be read: {error}") from error


def artifact_folder(model: ModelYaml, artifacts_dir: Path) -> Path | None:
    """The folder that the last build of these inputs made, as it is now (edited or not); None where there is none."""
    return ArtifactHome(model.name, artifacts_dir).last_folder(input_digest(model))


def _build(model: ModelYaml, home: ArtifactHome, inputs: str) -> Artifact:
    with home.work_folder() as work:
        new = work / "artifact"
        new.mkdir(mode=0o755)
        if model.artifact_path is not None:
            members, facts = _ready(model, model.artifact_path, new)
            shutil.copyfile(model.artifact_path, work / "artifact.zip")
        else:
            facts = {**_made_members(model, work, new), "introspection": introspection.results(new)}
            members = members_of(new)
        manifest = _manifest(model, artifact_digest(members), members, facts)
        write_json(new / "manifest.json", manifest)
        _normalise_modes(new)
        if model.artifact_path is None:
            write_zip(new, members, work / "artifact.zip")
        return home.take_in(NewArtifact(work, members, manifest), inputs)


def _ready(model: ModelYaml, zip_path: Path, new: Path) -> tuple[tuple[Member, ...], dict[str, object]]:
    """The members of a ready artifact, unpacked into ``new``."""
    try:
        return ready_artifact.unpack(zip_path, new), ready_artifact.facts(new)
    except ready_artifact.ReadyArtifactError as error:
        raise BuildError(model.name, "artifact", str(error)) from error


def _made_members(model: ModelYaml, work: Path, new: Path) -> dict[str, object]:
    """Let child processes write the members into ``new``; returns what they learnt about the estimator."""
    request: dict[str, object] = {
        **model.model_dump(include=set(_OPTIONS)),
        "members_dir": str(new),
        "model_folder": str(model.folder),
        "dtypes": dict(model.samples.dtypes) if model.samples else {},
        "estimator": _text(model.estimator_path),
        "X": _text(model.samples_path),
        "y": _text(model.truths_path),
        "hooks": _text(model.hooks_path),
        "score": _text(model.score_path),
    }
    try:
        if model.train_path is not None:
            # Its own process: the estimator must load where the training code is not.
            train = {"file": str(model.train_path), "function": str(model.train).rpartition(":")[2], "to": str(work)}
            trained = run_in_child("train", train, work_dir=_empty(work / "train"), timeout_s=_TRAIN_TIMEOUT_S)
            if request["X"] is not None:  # the files' samples go before the callable's, features and truths together
                trained = {"estimator": trained["estimator"]}
            request.update(trained)
        return run_in_child("build", request, work_dir=_empty(work / "build"), timeout_s=_BUILD_TIMEOUT_S)
    except ChildError as failure:
        raise BuildError(model.name, failure.kind, failure.message) from failure


def _manifest(
    model: ModelYaml, digest: str, members: tuple[Member, ...], facts: dict[str, object]
) -> dict[str, object]:
    return {
        "name": model.name,
        "digest": digest,
        "members": [member.to_json() for member in members],
        # What this machine has says nothing about what made a ready artifact.
        "versions": {**({} if model.artifact else library_versions(model.format)), "builder": BUILDER_VERSION},
        "git": git_commit(model.folder),
        **facts,
    }


def _normalise_modes(folder: Path) -> None:
    """Whatever the umask: folders 0755, files 0644."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _text(path: Path | None) -> str | None:
    return str(path) if path is not None else None
