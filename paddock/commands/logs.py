"""`paddock logs`: a deployment's access and predict logs, read back through OCI's log search."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from paddock import console
from paddock.commands.options import stack_option
from paddock.deployed_models import DeployedModel, deployed_model
from paddock.errors import PaddockError
from paddock.oci_access import access, explain
from paddock.session import open_session
from paddock.workspace import find_workspace

# Log search looks back 14 days at the most (OCI.md §2.3).
_LONGEST_WINDOW = timedelta(days=14)
_FOLLOW_EVERY_S = 1.0
_PAGE_SIZE = 500


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
        for record in _newest(client, query, lines):
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
    log = f"{model.compartment_id}/{where[0]}/{where[1]}"
    return f"SEARCH \"{log}\" | WHERE source = '*{model.deployment_id}*' | SORT BY datetime DESC"


def _newest(client: Any, query: str, count: int) -> list[dict[str, Any]]:
    """The newest `count` records, oldest first, as Oracle's `logContent` objects."""
    from oci.exceptions import RequestException, ServiceError
    from oci.loggingsearch.models import SearchLogsDetails

    now = datetime.now(UTC)
    soon = now + timedelta(minutes=1)
    details = SearchLogsDetails(time_start=soon - _LONGEST_WINDOW, time_end=soon, search_query=query)
    try:
        results = client.search_logs(details, limit=min(count, _PAGE_SIZE)).data.results or []
    except (ServiceError, RequestException) as error:
        raise explain(error) from error
    return [result.data["logContent"] for result in reversed(results)]


def _line(record: dict[str, Any]) -> str:
    data = record["data"]
    parts = [
        record["time"],
        *(str(data[key]) for key in ("status", "opcRequestId") if data.get(key)),
        data.get("message", ""),
    ]
    latency = data.get("modelLatency")
    return " ".join([*parts, *([f"{latency} ms"] if latency is not None else [])])
