"""`paddock env`: the environment in which plain `pulumi`, `oci` and SDK programs meet the local OCI."""

from __future__ import annotations

import click

from local_oci import credentials
from paddock import console, environment
from paddock.commands.options import json_option
from paddock.session import ensure_toolchain, local_variables, open_session
from paddock.workspace import LOCAL_STACK, find_workspace


@click.command()
@click.option("--official", is_flag=True, help="Use Oracle's and Pulumi's own `oci` plugin instead of Paddock's.")
@json_option
def env(*, official: bool, as_json: bool) -> None:
    """Print the environment: `eval "$(paddock env)"`, then plain `pulumi up` works in this shell."""
    workspace = find_workspace()
    session = open_session(workspace, LOCAL_STACK, official=official)
    assert session.local_oci is not None  # noqa: S101 - the local stack always has one
    variables = local_variables(workspace, session.local_oci, ensure_toolchain(workspace), official=official)
    if not as_json:
        console.say(environment.as_shell(variables))
        return
    known = credentials.load(workspace.local_oci_dir)
    console.print_json(
        {
            "endpoint": session.local_oci.endpoint,
            "ociConfigFile": str(known.config_file),
            "ociProfile": "DEFAULT",
            "compartmentId": known.compartment_ocid,
            "pulumiBackendUrl": variables["PULUMI_BACKEND_URL"],
            "pulumiHome": variables["PULUMI_HOME"],
            "path": variables["PATH"],
        }
    )
