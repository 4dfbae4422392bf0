"""`paddock adopt`: an endpoint that somebody made by hand becomes a model of this project."""

from __future__ import annotations

import re

import click

from infra.catalog_entry_plan import MODEL_TAG
from paddock import console
from paddock.adopt import acting
from paddock.adopt.found import find
from paddock.commands.options import stack_option
from paddock.errors import WordsError
from paddock.oci_access import access
from paddock.session import open_session
from paddock.stack_settings import settings_or_default
from paddock.workspace import LOCAL_STACK, find_workspace

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@click.command()
@click.option("--deployment", "deployment_id", required=True, metavar="OCID", help="The model deployment to adopt.")
@click.option("--name", metavar="NAME", help="The model's name; default: made of the deployment's display name.")
@stack_option
@click.pass_context
def adopt(context: click.Context, deployment_id: str, name: str | None, stack: str) -> None:
    """Take an existing deployment, its model and its logs into the stack, as they are.

    Writes models/NAME (model.yaml with the deployment as it is, the catalog's own artifact) and imports the resources
    into the stack's state. Nothing is made anew, the endpoint goes on answering; the catalog entry alone gets two tags
    that Paddock finds it by. Ends with a preview; exit code 0: it has no changes for the model. Interrupted, it can be
    run again.
    """
    session = open_session(find_workspace(), stack)
    settings = settings_or_default(session.workspace, stack)
    reach = access(session)
    found = find(reach, deployment_id)
    name = name or (found.model["freeform_tags"] or {}).get(MODEL_TAG) or found.suggested_name
    if not _NAME.fullmatch(name):
        raise WordsError(f"--name: must be 1 to 63 of a-z, 0-9 and -, found {name!r}")
    done = acting.adopt(session, settings, reach, found, name)
    where = "" if stack == LOCAL_STACK else f" -s {stack}"
    console.say(f"adopted {name} {done.digest[:12]}: {done.folder.relative_to(session.workspace.project_dir)}")
    pending, others = done.settlement.pending, done.settlement.others
    if pending:
        console.say(f"The next `up` would still change of {name}:\n" + "\n".join(f"  {line}" for line in pending))
    else:
        console.say(f"The next preview has no changes{f' of {name}' if others else ''}.")
    if others:
        console.say("Besides, it has of other models:\n" + "\n".join(f"  {line}" for line in others))
    console.say(f"  paddock preview{where}     paddock status{where}     paddock drift{where}")
    context.exit(1 if pending else 0)
