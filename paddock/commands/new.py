"""`paddock new`: a model folder from a fitted estimator and samples, which builds at once."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import click

from artifact_builder import Artifact, ArtifactBuilderError, BuildError, build, load_models
from paddock import console
from paddock.errors import PaddockError, WordsError
from paddock.new_model_yaml import new_model_yaml
from paddock.stack_settings import settings_or_default
from paddock.workspace import Workspace, find_workspace

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ESTIMATORS = (".pkl", ".pickle", ".joblib", ".skops")
_SAMPLES = (".csv", ".parquet", ".jsonl", ".ndjson", ".npy")
# What a person mends in the folder. All else is wrong with the files that were given: then there is no folder.
_MENDED_IN_FOLDER = frozenset({"untrusted", "own_module", "environment", "predict"})


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="NAME [Y]")
@click.option("--estimator", required=True, type=_FILE, help="The fitted estimator: .pkl, .joblib or .skops.")
@click.option("--samples", required=True, type=_FILE, help="Rows as it takes them: .csv, .parquet, .jsonl or .npy.")
@click.option("--truths", type=_FILE, help="The true values of these rows. May also follow the samples.")
@click.option("--description", default="", help="One sentence on what it predicts.")
def new(words: tuple[str, ...], estimator: Path, samples: Path, truths: Path | None, description: str) -> None:
    """Make models/NAME from a fitted estimator: `paddock new churn --estimator model.pkl --samples X.csv y.csv`.

    The files are copied and the model is built, so that what is wrong with them is told here and now.
    models/NAME/model.yaml says the rest and is yours to edit.
    """
    name, y = _name_and_truths(words, truths)
    _refuse_suffix("--estimator", estimator, _ESTIMATORS)
    for option, path in (("--samples", samples), ("the true values", y)):
        if path is not None:
            _refuse_suffix(option, path, _SAMPLES)
    workspace = find_workspace()
    folder = workspace.project_dir / settings_or_default(workspace).models_dir / name
    if folder.exists():
        raise WordsError(f"{_shown(folder, workspace)} is there already; choose another name or remove it")
    sources = {
        f"model{estimator.suffix}": estimator,
        f"X_sample{samples.suffix}": samples,
        **({f"y_sample{y.suffix}": y} if y is not None else {}),
    }
    artifact = _made(workspace, folder, sources, new_model_yaml(list(sources), description))
    for note in artifact.notes:
        console.note(note)
    scores = "".join(f", {metric} {value:.3g}" for metric, value in artifact.manifest.get("metrics", {}).items())
    console.say(
        f"made {_shown(folder, workspace)}/ (model.yaml, {', '.join(sources)})\n"
        f"built {name} {artifact.digest[:12]} ({artifact.manifest['estimator']['class']}{scores})\n"
        f"Next: look at {_shown(folder, workspace)}/model.yaml, then `paddock up`"
    )


def _name_and_truths(words: tuple[str, ...], truths: Path | None) -> tuple[str, Path | None]:
    """NAME and the file that may follow the samples, in either order: `--samples X.csv y.csv NAME` reads well too."""
    names = [word for word in words if _NAME.fullmatch(word)]
    others = [word for word in words if word not in names]
    if not names:
        raise WordsError(
            f"{words[0]!r} can't be a model's name: use a-z, 0-9 and -, 1 to 63 characters, none of them - at an end"
        )
    files = [*names[1:], *others, *([str(truths)] if truths is not None else [])]
    if len(files) > 1:
        raise WordsError(f"expected one NAME and at most one file of true values, found {' and '.join(files)}")
    if files and not Path(files[0]).is_file():
        raise WordsError(f"the true values {files[0]} are no file")
    return names[0], Path(files[0]) if files else None


def _refuse_suffix(what: str, path: Path, suffixes: tuple[str, ...]) -> None:
    if path.suffix not in suffixes:
        raise WordsError(f"{what}: expected {', '.join(suffixes[:-1])} or {suffixes[-1]}, found {path}")


def _made(workspace: Workspace, folder: Path, sources: dict[str, Path], model_yaml: str) -> Artifact:
    """Build the folder out of everybody's sight, then move it to its place.

    Where the files are at fault nothing is left; where model.yaml or a module beside it can mend it, the folder is.
    """
    name, artifacts_home = folder.name, workspace.artifacts_dir / folder.name
    was_built_before = artifacts_home.exists()
    workspace.paddock_dir.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=workspace.paddock_dir) as staging:
        draft = Path(staging) / "models" / name
        draft.mkdir(parents=True)
        for target, source in sources.items():
            shutil.copyfile(source, draft / target)
        (draft / "model.yaml").write_text(model_yaml, encoding="utf-8")
        try:
            (model,) = load_models(draft.parent)
            with console.counting(f"building {name}", 1):
                artifact = build(model, workspace.artifacts_dir)
        except ArtifactBuilderError as error:
            if not was_built_before:
                shutil.rmtree(artifacts_home, ignore_errors=True)
            if isinstance(error, BuildError) and error.kind in _MENDED_IN_FOLDER:
                _move(draft, folder)
                raise PaddockError(
                    f"{error}\n{_shown(folder, workspace)} is made, and does not build yet: mend it there, "
                    f"then `paddock build {name}`"
                ) from error
            raise PaddockError(f"{error}\nNothing was made: mend the file, then run this again") from error
        _move(draft, folder)
    return artifact


def _move(draft: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():  # shutil.move would put the draft into it
        raise WordsError(f"{folder} was made by somebody else meanwhile")
    shutil.move(draft, folder)


def _shown(folder: Path, workspace: Workspace) -> str:
    return str(folder.relative_to(workspace.project_dir) if folder.is_relative_to(workspace.project_dir) else folder)
