"""`paddock local`: the local OCI by itself."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import click

from local_oci import daemon
from local_oci.data_folder import FAULTS_PATH, DataFolder
from local_oci.errors import LocalOciError
from paddock import console
from paddock.commands.options import json_option
from paddock.errors import LackError, PaddockError
from paddock.session import start_local_oci
from paddock.workspace import find_workspace

_TIMEOUT_S = 30.0

data_option = click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data folder [default: .paddock/local].",
)


@click.group()
def local() -> None:
    """Start, stop and look at the local OCI."""


@local.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port [default: 8484, or the one it had].")
@click.option("--admin", "has_admin", is_flag=True, help="Let faults be set (`paddock local faults`); off without it.")
@click.option(
    "--enforce-bandwidth", is_flag=True, help="Let deployments pass no more than their load balancer's bandwidth."
)
@data_option
def start(port: int | None, data_dir: Path | None, *, has_admin: bool, enforce_bandwidth: bool) -> None:
    """Start it, if it is not running; a taken port is not an error, another is chosen and remembered."""
    workspace = find_workspace()
    running = start_local_oci(workspace, port, data_dir, has_admin=has_admin, enforces_bandwidth=enforce_bandwidth)
    if has_admin and not DataFolder(running.data_dir).admin_token.exists():
        raise PaddockError("it runs already, without --admin; `paddock local stop` first")
    console.say(f"the local OCI answers at {running.endpoint} (pid {running.pid}, data in {running.data_dir})")


@local.command()
@data_option
def stop(data_dir: Path | None) -> None:
    """Stop it and its deployments; what it knows stays, and is there again at the next start."""
    folder = data_dir or find_workspace().local_oci_dir
    was_running = daemon.status(folder) is not None
    _orderly(lambda: daemon.stop(folder))
    console.say("the local OCI is stopped" if was_running else "the local OCI was not running")


@local.command()
@data_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def reset(data_dir: Path | None, *, yes: bool) -> None:
    """Stop it and forget everything that it knows. Stacks that still list resources there need `refresh` afterwards."""
    folder = data_dir or find_workspace().local_oci_dir
    if not yes:
        click.confirm(f"Forget all resources, artifacts and logs in {folder}?", abort=True)
    _orderly(lambda: daemon.reset(folder))
    console.say("the local OCI is empty")


@local.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def snapshot(file: Path, data_dir: Path | None) -> None:
    """Write everything that it knows into FILE, while it runs or not."""
    from local_oci import snapshot as local_snapshot

    folder = data_dir or find_workspace().local_oci_dir
    _orderly(lambda: local_snapshot.save(folder, file))
    console.say(f"{file} has what the local OCI of {folder} knows")


@local.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@data_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def restore(file: Path, data_dir: Path | None, *, yes: bool) -> None:
    """Have it know what FILE knows, and nothing else. Its models are run: take no FILE from strangers."""
    folder = data_dir or find_workspace().local_oci_dir
    if not yes:
        click.confirm(f"Forget all resources, artifacts and logs in {folder}?", abort=True)
    _orderly(lambda: daemon.restore(folder, file))
    console.say(f"the local OCI of {folder} knows what {file} does")


@local.command()
@click.argument("file", type=click.File(), required=False)
@click.option("--clear", is_flag=True, help="Set none.")
@data_option
def faults(file: TextIO | None, data_dir: Path | None, *, clear: bool) -> None:
    """Show the faults that calls and work meet, or set those of FILE (JSON, - for stdin): {"faults": […]}."""
    if file is not None and clear:
        raise click.UsageError("either FILE or --clear")
    wanted = '{"faults": []}' if clear else file.read() if file is not None else None
    console.say(_asked(data_dir or find_workspace().local_oci_dir, wanted))


def _asked(folder: Path, wanted: str | None) -> str:
    """The administration's answer: GET without `wanted`, else PUT."""
    running = daemon.status(folder)
    if running is None or not (token := DataFolder(running.data_dir).admin_token).exists():
        raise LackError(f"no local OCI of {folder} runs with --admin; `paddock local start --admin` starts it")
    connection = http.client.HTTPConnection(running.endpoint.removeprefix("http://"), timeout=_TIMEOUT_S)
    try:
        headers = {"authorization": f"Bearer {token.read_text()}"}
        connection.request("PUT" if wanted is not None else "GET", FAULTS_PATH, wanted, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise PaddockError(f"the faults are not set: {told['message']}")
    return json.dumps(told, indent=2)


@local.command()
@data_option
@json_option
def status(data_dir: Path | None, *, as_json: bool) -> None:
    """Show whether it runs, where, and the processes of its deployments."""
    folder = data_dir or find_workspace().local_oci_dir
    running = daemon.status(folder)
    if running is None:
        raise LackError(f"the local OCI of {folder} is not running; `paddock local start` starts it")
    deployments = daemon.deployments(folder)
    if as_json:
        console.print_json(
            {
                "endpoint": running.endpoint,
                "pid": running.pid,
                "dataDir": str(running.data_dir),
                "deployments": deployments,
            }
        )
        return
    console.say(f"{running.endpoint}  pid {running.pid}  data {running.data_dir}")
    if deployments:
        rows = [
            (
                item["id"],
                item["endpoint"],
                str(item["supervisorPid"] or "-"),
                ", ".join(map(str, item["workerPids"])) or "-",
            )
            for item in deployments
        ]
        console.print_table(("deployment", "endpoint", "supervisor", "workers"), rows)


def _orderly(action: Callable[[], object]) -> None:
    try:
        action()
    except LocalOciError as error:
        raise PaddockError(str(error)) from error
