"""`paddock predict`: rows to a deployed endpoint, signed, as any client of the model would send them."""

from __future__ import annotations

import json
from typing import Any

import click
import requests

from artifact_builder import ModelYaml, Samples, read_samples
from paddock import console
from paddock.commands.options import json_option, stack_option
from paddock.deployed_models import DeployedModel, deployed_model, deployed_models, require_endpoint
from paddock.endpoint_request import post_rows, refusal_of
from paddock.errors import PaddockError, WordsError
from paddock.model_builds import read_models
from paddock.oci_access import OciAccess, access
from paddock.rows import read_rows
from paddock.session import open_session
from paddock.stack_settings import settings_or_default
from paddock.workspace import Workspace, find_workspace


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--rows", "rows_file", metavar="FILE", help="Rows to send: a .csv, a .json, or - for JSON from stdin.")
@click.option(
    "--samples", "sample_count", type=click.IntRange(1), metavar="N", help="Send N of the model's own samples."
)
@stack_option
@json_option
def predict(
    names: tuple[str, ...], rows_file: str | None, sample_count: int | None, stack: str, *, as_json: bool
) -> None:
    """Send rows to a model's endpoint and print its predictions.

    With --samples, the true values stand beside them, and without a NAME every model is asked.
    """
    if (rows_file is None) == (sample_count is None):
        raise WordsError("say which rows to send: either --rows FILE or --samples N")
    if rows_file is not None and len(names) != 1:
        raise WordsError(f"--rows goes to one model; {len(names)} were named")
    workspace = find_workspace()
    rows = read_rows(rows_file) if rows_file is not None else None
    session = open_session(workspace, stack)
    targets = [deployed_model(session, name) for name in names] or list(deployed_models(session))
    oci = access(session)
    for target in targets:
        samples = Samples(rows, None) if rows is not None else _samples(workspace, stack, target, sample_count or 1)
        answer = _ask(oci, require_endpoint(target), samples.rows)
        if as_json:
            console.say(answer)
        else:
            _print(target, samples, json.loads(answer))


def _samples(workspace: Workspace, stack: str, target: DeployedModel, count: int) -> Samples:
    models: dict[str, ModelYaml] = {
        model.name: model for model in read_models(workspace, settings_or_default(workspace, stack))
    }
    if target.name not in models:
        raise WordsError(
            f"{target.name} is deployed, but there is no models/ folder of that name any more to take samples from"
        )
    return read_samples(models[target.name], count)


def _ask(oci: OciAccess, endpoint: str, rows: Any) -> str:
    """The endpoint's answer, as it came; raises PaddockError for anything but 200."""
    try:
        answer = post_rows(oci, endpoint, rows)
    except requests.RequestException as error:
        raise PaddockError(
            f"{endpoint} did not answer: {error}. `paddock status` says how the deployment is."
        ) from error
    if answer.status_code != requests.codes.ok:
        raise PaddockError(f"{endpoint} {refusal_of(answer)}")
    return answer.text


def _print(target: DeployedModel, samples: Samples, answer: dict[str, Any]) -> None:
    predictions = answer["prediction"]
    title = f"{target.name}  {(target.digest or '')[:12]}"
    console.say(str(target.endpoint))
    if samples.truths is None:
        console.print_table(("row", "prediction"), [(str(i), _text(p)) for i, p in enumerate(predictions)], title)
        return
    rows = [
        (str(index), _text(predicted), _text(true), _verdict(predicted, true))
        for index, (predicted, true) in enumerate(zip(predictions, samples.truths, strict=False))
    ]
    console.print_table(("row", "prediction", "true value", ""), rows, title)


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _verdict(predicted: Any, true: Any) -> str:
    """Right or wrong for classes; how far off for numbers."""
    if isinstance(predicted, float) and not isinstance(true, str):
        return f"off by {predicted - float(true):+.3g}"
    return "[green]right[/]" if predicted == true else "[red]wrong[/]"
