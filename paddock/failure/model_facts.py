"""What the code says of a model that a mend may have to name: its conda environment, its packages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from artifact_builder import ModelYaml
from paddock.endpoint_check.approved import newest_artifact
from paddock.failure.evidence import Facts
from paddock.session import Session

_CONDA_ENV = re.compile(r"^conda_env\s*:")


def model_facts(session: Session, compartment_id: str, name: str, model: ModelYaml | None) -> Facts:
    """From the model's folder and the artifact that was built last here; both may be gone."""
    folder = newest_artifact(session.workspace.artifacts_dir, name)
    inference = _inference(folder)
    return Facts(
        is_local=session.is_local,
        compartment_id=compartment_id,
        shape=model.deployment.shape if model else "the shape",
        memory_gbs=model.deployment.memory_gbs if model else None,
        conda_env=_conda_env(inference),
        conda_env_place=_place(session.workspace.project_dir, model),
        python_version=inference.get("INFERENCE_PYTHON_VERSION"),
        requirements=_lines(folder / "requirements.txt") if folder else (),
    )


def _inference(folder: Path | None) -> dict[str, Any]:
    file = folder / "runtime.yaml" if folder else None
    if file is None or not file.is_file():
        return {}
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["MODEL_DEPLOYMENT"]["INFERENCE_CONDA_ENV"]
    return found


def _conda_env(inference: dict[str, Any]) -> str | None:
    """The slug of a service pack, the path of a published one: the latter is in a bucket that a policy must name."""
    if inference.get("INFERENCE_ENV_TYPE") == "published":
        return inference.get("INFERENCE_ENV_PATH")
    return inference.get("INFERENCE_ENV_SLUG") or inference.get("INFERENCE_ENV_PATH")


def _place(project_dir: Path, model: ModelYaml | None) -> str:
    if model is None:
        return "`conda_env` in its model.yaml"
    file = model.folder / "model.yaml"
    shown = file.relative_to(project_dir).as_posix() if file.is_relative_to(project_dir) else str(file)
    for number, line in enumerate(_lines(file), 1):
        if _CONDA_ENV.match(line):
            return f"{shown}:{number}"
    return f"no conda_env in {shown}, so it was chosen for you"


def _lines(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else ()
