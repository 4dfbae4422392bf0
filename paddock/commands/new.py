"""`paddock new`: a model folder from a pickle and samples."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click
import yaml

from paddock import console
from paddock.errors import WordsError
from paddock.stack_settings import settings_or_default
from paddock.workspace import find_workspace, write_atomically

_NAME = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("name")
@click.option("--estimator", required=True, type=_FILE, help="The fitted estimator: .pkl or .joblib.")
@click.option("--samples", required=True, type=_FILE, help="Rows as the model takes them: .csv or .parquet.")
@click.option(
    "--truths", type=_FILE, help="The true values of these rows, in the same order. May also follow the samples."
)
@click.option("--description", default="", help="One sentence on what it predicts.")
@click.argument("y", required=False, type=_FILE)
def new(name: str, estimator: Path, samples: Path, truths: Path | None, description: str, y: Path | None) -> None:
    """Make models/NAME from a pickle: `paddock new churn --estimator model.pkl --samples X.csv y.csv`.

    The files are copied; models/NAME/model.yaml says the rest and is yours to edit.
    """
    if not _NAME.match(name):
        raise WordsError(
            f"{name!r} can't be a model's name: use a-z, 0-9 and -, 1 to 63 characters, none of them - at an end"
        )
    workspace = find_workspace()
    folder = workspace.project_dir / settings_or_default(workspace).models_dir / name
    if folder.exists():
        raise WordsError(
            f"{folder.relative_to(workspace.project_dir)} is there already; choose another name or remove it"
        )
    truths = truths or y
    files = {"estimator": estimator, "X": samples, **({"y": truths} if truths else {})}
    targets = {
        role: ("model" if role == "estimator" else f"{role}_sample") + path.suffix for role, path in files.items()
    }
    staging = folder.with_name(f".{name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for role, path in files.items():
        shutil.copyfile(path, staging / targets[role])
    write_atomically(staging / "model.yaml", _model_yaml(name, description, targets))
    staging.rename(folder)
    console.say(
        f"made {folder.relative_to(workspace.project_dir)}/ (model.yaml, {', '.join(sorted(targets.values()))})\n"
        f"Next: `paddock build {name}`, then `paddock up`"
    )


def _model_yaml(name: str, description: str, targets: dict[str, str]) -> str:
    samples = {role: targets[role] for role in ("X", "y") if role in targets}
    document = {
        "name": name,
        "description": description,
        "estimator": targets["estimator"],
        "samples": samples,
        "format": "joblib",
        "deployment": {
            "state": "ACTIVE",
            "shape": "VM.Standard.E4.Flex",
            "ocpus": 1,
            "memory_gbs": 16,
            "instances": 1,
            "load_balancer": {"bandwidth_mbps": 10},
            "logs": {"access": True, "predict": True},
        },
    }
    if not description:
        del document["description"]
    return yaml.safe_dump(document, sort_keys=False)
