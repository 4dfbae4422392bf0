"""A ready artifact (`artifact: artifact.zip` in model.yaml): a zip that someone else made, taken as it is.

What `paddock adopt` brings home from OCI's catalog. The bytes stay; its identity is that of its members, wherever in
the zip they lie. Nothing of it is run or loaded here: what is known of it is what its text files say.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import yaml

from artifact_builder.digest import Member, file_sha256_hex
from artifact_builder.errors import ArtifactBuilderError

# OCI's catalog takes 6 GB at most (OCI.md 2.1); a zip that unpacks to more than this is none that OCI would serve.
_LARGEST_BYTES = 20 * 1024**3
_MANIFEST = "manifest.json"


class ReadyArtifactError(ArtifactBuilderError):
    """The file is no zip that can be an artifact."""


def unpack(zip_path: Path, folder: Path) -> tuple[Member, ...]:
    """Write the members into ``folder``, which none may leave, and return them sorted; raises ReadyArtifactError."""
    try:
        with zipfile.ZipFile(zip_path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(zip_path.name, entries)
            return tuple(sorted(_extract(archive, entry, folder) for entry in entries))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ReadyArtifactError(f"{zip_path.name} can't be read as a zip: {error}") from error


def facts(folder: Path) -> dict[str, object]:
    """What the manifest says besides: no estimator was looked at, there are no golden rows."""
    return {
        "format": "ready",
        "estimator": {},
        "metrics": {},
        "golden": {"rows": [], "predictions": []},
        "notes": [],
        **_environment(folder / "runtime.yaml"),
    }


def _check(name: str, entries: list[zipfile.ZipInfo]) -> None:
    if not entries:
        raise ReadyArtifactError(f"{name} has no files: an artifact has score.py and runtime.yaml at least")
    if sum(entry.file_size for entry in entries) > _LARGEST_BYTES:
        raise ReadyArtifactError(f"{name} unpacks to more than {_LARGEST_BYTES >> 30} GiB: OCI takes no such artifact")
    counts = Counter(entry.filename for entry in entries)
    if _MANIFEST in counts:
        raise ReadyArtifactError(f"{name} has a {_MANIFEST} of its own: that name is the builder's, rename the file")
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
            raise ReadyArtifactError(f"{name} has a member outside of its folder: {entry.filename}")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ReadyArtifactError(f"{name} has a symbolic link, which OCI does not take: {entry.filename}")
    twice = sorted(one for one, count in counts.items() if count > 1)
    if twice:
        raise ReadyArtifactError(f"{name} has members twice: {', '.join(twice)}")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> Member:
    path = folder / entry.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    name = PurePosixPath(entry.filename).as_posix()
    return Member(name, path.stat().st_size, file_sha256_hex(path))


def _environment(runtime_yaml: Path) -> dict[str, object]:
    """The conda environment that runtime.yaml names, as other manifests tell it; nothing where it says none."""
    try:
        document = yaml.safe_load(runtime_yaml.read_bytes())
        inference = document["MODEL_DEPLOYMENT"]["INFERENCE_CONDA_ENV"]
        path = inference["INFERENCE_ENV_PATH"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return {}
    is_mapping = isinstance(inference, Mapping) and isinstance(path, str) and path
    slug = inference.get("INFERENCE_ENV_SLUG") if is_mapping else None
    return {"inference_env": {"conda_env": slug or path}} if is_mapping else {}
