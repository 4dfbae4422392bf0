"""`paddock why`: the cause of a failed deployment, and what mends it."""

from __future__ import annotations

from typing import Any

import click

from paddock import console
from paddock.commands.options import json_option, stack_option
from paddock.errors import PaddockError
from paddock.failure.diagnosis import Diagnosis, diagnose
from paddock.failure.words import long_form
from paddock.session import open_session
from paddock.workspace import find_workspace


@click.command()
@click.argument("name")
@stack_option
@json_option
def why(name: str, stack: str, *, as_json: bool) -> None:
    """Tell why a model's deployment, or its last update, failed.

    Reads the last operation's errors and log, the deployment's lifecycleDetails and its predict log. Names the cause,
    if it is a known one, what mends it, and the local command that shows it. An unknown cause is exit code 1, and all
    that there is, is printed.
    """
    found = diagnose(open_session(find_workspace(), stack), name)
    if as_json:
        console.print_json(_json(found))
    else:
        console.say(long_form(found.evidence, found.cause))
    if found.evidence.has_failed and found.cause is None:
        raise PaddockError(f"{name}: the cause is none of the known ones")


def _json(found: Diagnosis) -> dict[str, Any]:
    evidence = found.evidence
    return {
        "name": evidence.name,
        "state": evidence.state,
        "failed": evidence.has_failed,
        "cause": found.cause.to_json() if found.cause else None,
        "lifecycleDetails": evidence.lifecycle_details,
        "workRequests": [
            {
                "id": one.id,
                "operation": one.operation,
                "status": one.status,
                "accepted": one.accepted.isoformat(),
                "errors": list(one.errors),
                "logs": list(one.logs),
            }
            for one in evidence.work_requests
        ],
        "predictLog": list(evidence.predict_log),
        "gaps": list(evidence.gaps),
    }
