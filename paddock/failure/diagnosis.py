"""Evidence and cause of a stack's failed deployments."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from artifact_builder import ModelYaml
from paddock.deployed_models import deployed_models
from paddock.errors import PaddockError, WordsError
from paddock.failure.cause import Cause, cause_of
from paddock.failure.collect import newest_deployment, outline, whole
from paddock.failure.evidence import Evidence
from paddock.failure.model_facts import model_facts
from paddock.model_builds import read_models
from paddock.oci_access import OciAccess, access, explain
from paddock.session import Session
from paddock.stack_settings import settings_or_default

_AT_A_TIME = 8
_CLOCKS_DIFFER = timedelta(minutes=1)  # ours and OCI's


@dataclass(frozen=True)
class Diagnosis:
    """``cause`` None: it is none of the known ones, or (`evidence.has_failed`) nothing has failed."""

    evidence: Evidence
    cause: Cause | None


@dataclass(frozen=True)
class _Stack:
    session: Session
    oci: OciAccess
    compartment_id: str
    declared: Mapping[str, ModelYaml]
    deployment_ids: Mapping[str, str]


def diagnose(session: Session, name: str) -> Diagnosis:
    """One model's; raises WordsError where it has no deployment, PaddockError where OCI can't be asked."""
    stack = _stack(session)
    known = _outlined(stack, name)
    if known is None:
        there = ", ".join(sorted({*stack.declared, *stack.deployment_ids})) or "none"
        raise WordsError(
            f"{name} has no deployment on stack {session.stack}: nothing was created, so nothing failed there. What "
            f"`paddock up` printed says more. Models: {there}"
        )
    return _diagnosis(stack, known)


def diagnose_failed(session: Session, since: datetime | None = None) -> list[Diagnosis]:
    """Those of all models of the stack whose deployment, or last operation, failed; by name.

    ``since``: what failed before is left out.
    """
    stack = _stack(session)
    names = sorted({*stack.declared, *stack.deployment_ids})
    with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="why") as pool:
        outlines = pool.map(lambda name: _outlined(stack, name), names)
        failed = [known for known in outlines if known is not None and _is_meant(known, since)]
        return list(pool.map(lambda known: _diagnosis(stack, known), failed))


def _is_meant(known: Evidence, since: datetime | None) -> bool:
    last = known.work_requests[0].accepted if known.work_requests else None
    return known.has_failed and (since is None or last is None or last > since - _CLOCKS_DIFFER)


def _stack(session: Session) -> _Stack:
    settings = settings_or_default(session.workspace, session.stack)
    try:
        declared = {model.name: model for model in read_models(session.workspace, settings)}
    except WordsError:
        declared = {}  # a mistake in the models' files does not keep us from what is deployed
    deployed = {model.name: model.deployment_id for model in deployed_models(session) if model.deployment_id}
    return _Stack(session, access(session), settings.compartment_id, declared, deployed)


def _outlined(stack: _Stack, name: str) -> Evidence | None:
    """None: OCI knows no deployment of it. A creation that failed may not have come to the state: it is looked for."""
    from oci.exceptions import RequestException, ServiceError

    client = stack.oci.data_science()
    facts = model_facts(stack.session, stack.compartment_id, name, stack.declared.get(name))
    try:
        deployment_id = stack.deployment_ids.get(name) or _found_id(client, stack.compartment_id, name)
        return outline(client, name, deployment_id, facts) if deployment_id else None
    except ServiceError as error:
        if error.status == 404:  # noqa: PLR2004  # HTTP's own number
            return None
        raise explain(error) from error
    except RequestException as error:
        raise explain(error) from error


def _found_id(client: Any, compartment_id: str, name: str) -> str | None:
    deployment = newest_deployment(client, compartment_id, name) if compartment_id else None
    return deployment.id if deployment else None


def _diagnosis(stack: _Stack, known: Evidence) -> Diagnosis:
    evidence = whole(stack.oci, stack.oci.data_science(), known)
    return Diagnosis(evidence, cause_of(evidence))


def explain_failed(session: Session, since: datetime | None = None) -> str:
    """For the end of a failed `up`: a short block for each deployment that failed since; empty where none did."""
    from paddock.failure.words import short_form

    try:
        return "\n".join(short_form(one.evidence, one.cause) for one in diagnose_failed(session, since))
    except PaddockError as error:
        return f"why: what failed could not be looked at: {error}"
