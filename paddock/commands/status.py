"""`paddock status`: what is deployed and how it is."""

from __future__ import annotations

from typing import Any

import click

from paddock import console
from paddock.commands.options import json_option, stack_option
from paddock.deployed_models import DeployedModel, deployed_models
from paddock.oci_access import access, explain
from paddock.session import open_session
from paddock.workspace import find_workspace

_COLOURS = {"ACTIVE": "green", "FAILED": "red", "NEEDS_ATTENTION": "red", "INACTIVE": "dim"}


@click.command()
@stack_option
@json_option
@click.option("--next", "with_next_steps", is_flag=True, help="Add the commands that one needs next.")
def status(stack: str, *, as_json: bool, with_next_steps: bool) -> None:
    """Show each model: digest, state, endpoint, instances, bandwidth, last error."""
    session = open_session(find_workspace(), stack)
    models = deployed_models(session)
    client = access(session).data_science() if models else None
    facts = [_facts(client, model) for model in models]
    if as_json:
        console.print_json(facts)
        return
    if not facts:
        console.say(f"Nothing is deployed on stack {stack}. `paddock up` deploys what models/ declares.")
        return
    rows = [
        (
            fact["name"],
            (fact["digest"] or "")[:12],
            f"[{_COLOURS.get(fact['state'], 'yellow')}]{fact['state']}[/]",
            str(fact["instances"] or "-"),
            f"{fact['bandwidthMbps']} Mbps" if fact["bandwidthMbps"] else "-",
            (fact["lastError"] or "-").splitlines()[-1],
        )
        for fact in facts
    ]
    console.print_table(("model", "digest", "state", "instances", "bandwidth", "last error"), rows)
    # Not in the table: an address that is folded can't be copied.
    for fact in facts:
        console.say(f"{fact['name']}: {fact['endpoint'] or 'no endpoint yet'}")
    if with_next_steps:
        name = facts[0]["name"]
        console.say(
            "\nNext:\n"
            f"  .venv/bin/paddock predict {name} --samples 5   ask the endpoint again\n"
            f"  .venv/bin/paddock logs {name} --access -f      watch its requests\n"
            f"  .venv/bin/paddock preview{' ' * (len(name) + 13)}   see what would change, after you changed a model"
        )


def _facts(client: Any, model: DeployedModel) -> dict[str, Any]:
    """One object of `--json`. A deployment that OCI does not know (any more) is DELETED, not an error."""
    deployment = _deployment(client, model.deployment_id)
    configuration = getattr(deployment, "model_deployment_configuration_details", None)
    details = getattr(configuration, "model_configuration_details", None)
    system = getattr(deployment, "model_deployment_system_data", None)
    scaling = getattr(details, "scaling_policy", None)
    state = getattr(deployment, "lifecycle_state", None) or ("DELETED" if model.deployment_id else "NOT CREATED")
    return {
        "name": model.name,
        "digest": model.digest,
        "modelId": model.model_id,
        "deploymentId": model.deployment_id,
        "state": state,
        "endpoint": model.endpoint,
        "instances": getattr(system, "current_instance_count", None) or getattr(scaling, "instance_count", None),
        "bandwidthMbps": getattr(details, "bandwidth_mbps", None),
        "lastError": getattr(deployment, "lifecycle_details", None) or None,
    }


def _deployment(client: Any, deployment_id: str | None) -> Any:
    from oci.exceptions import RequestException, ServiceError

    if deployment_id is None:
        return None
    try:
        return client.get_model_deployment(deployment_id).data
    except ServiceError as error:
        if error.status == 404:  # noqa: PLR2004 - HTTP's own number
            return None
        raise explain(error) from error
    except RequestException as error:
        raise explain(error) from error
