"""`paddock env`: the environment in which plain `pulumi`, `oci` and SDK programs meet the local OCI."""

from __future__ import annotations

from pathlib import Path

import click

from local_oci import credentials
from local_oci.credentials import Credentials
from paddock import console, environment, other_local_oci
from paddock.commands.options import json_option
from paddock.session import ensure_toolchain, local_variables, open_session
from paddock.workspace import LOCAL_STACK, Workspace, find_workspace


@click.command()
@click.option("--official", is_flag=True, help="Use Oracle's and Pulumi's own `oci` plugin instead of Paddock's.")
@click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another local OCI, in this data folder, with a state of its own: for stacks other than local.",
)
@json_option
def env(data_dir: Path | None, *, official: bool, as_json: bool) -> None:
    """Print the environment: `eval "$(paddock env)"`, then plain `pulumi up` works in this shell."""
    workspace = find_workspace()
    if data_dir is not None and official:
        raise click.UsageError("either --data or --official")
    known, endpoint, variables = _other(workspace, data_dir) if data_dir else _own(workspace, official=official)
    if not as_json:
        console.say(environment.as_shell(variables))
        return
    console.print_json(
        {
            "endpoint": endpoint,
            "ociConfigFile": str(known.config_file),
            "ociProfile": "DEFAULT",
            "compartmentId": known.compartment_ocid,
            "pulumiBackendUrl": variables["PULUMI_BACKEND_URL"],
            "pulumiHome": variables["PULUMI_HOME"],
            "path": variables["PATH"],
        }
    )


def _own(workspace: Workspace, *, official: bool) -> tuple[Credentials, str, dict[str, str]]:
    session = open_session(workspace, LOCAL_STACK, official=official)
    assert session.local_oci is not None  # noqa: S101 - the local stack always has one
    variables = local_variables(workspace, session.local_oci, ensure_toolchain(workspace), official=official)
    return credentials.load(workspace.local_oci_dir), session.local_oci.endpoint, variables


def _other(workspace: Workspace, data_dir: Path) -> tuple[Credentials, str, dict[str, str]]:
    other = other_local_oci.start(workspace, data_dir)
    return other.known, other.running.endpoint, other.variables
