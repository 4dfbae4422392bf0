"""`paddock logs`: a deployment's access and predict logs, read back through OCI's log search."""

from __future__ import annotations

import time
from typing import Any

import click

from paddock import console
from paddock.commands.options import stack_option
from paddock.deployed_models import DeployedModel, deployed_model
from paddock.errors import PaddockError
from paddock.log_search import log_query, newest_records
from paddock.oci_access import access
from paddock.session import open_session
from paddock.workspace import find_workspace

_FOLLOW_EVERY_S = 1.0


@click.command()
@click.argument("name")
@click.option("--access", "category", flag_value="access", help="Who asked, what was answered.")
@click.option("--predict", "category", flag_value="predict", default=True, help="What score.py printed (default).")
@click.option("-f", "--follow", is_flag=True, help="Go on until interrupted.")
@click.option(
    "-n", "--lines", type=click.IntRange(1, 1000), default=100, show_default=True, help="Newest lines to show."
)
@stack_option
def logs(name: str, category: str, lines: int, stack: str, *, follow: bool) -> None:
    """Show a deployment's log lines, oldest first."""
    session = open_session(find_workspace(), stack)
    query = _query(deployed_model(session, name), category)
    client = access(session).log_search()
    seen: set[str] = set()
    while True:
        for record in newest_records(client, query, lines):
            if record["id"] not in seen:
                seen.add(record["id"])
                console.say(_line(record))
        if not follow:
            return
        time.sleep(_FOLLOW_EVERY_S)


def _query(model: DeployedModel, category: str) -> str:
    where = (model.logs or {}).get(category)
    if where is None or model.deployment_id is None:
        raise PaddockError(
            f"{model.name} keeps no {category} log; "
            f"`deployment: {{logs: {{{category}: true}}}}` in its model.yaml makes one"
        )
    return log_query(str(model.compartment_id), *where, model.deployment_id)


def _line(record: dict[str, Any]) -> str:
    data = record["data"]
    parts = [
        record["time"],
        *(str(data[key]) for key in ("status", "opcRequestId") if data.get(key)),
        data.get("message", ""),
    ]
    latency = data.get("modelLatency")
    return " ".join([*parts, *([f"{latency} ms"] if latency is not None else [])])
