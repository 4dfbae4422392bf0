"""Checks the endpoints of a stack, side by side. What they serve is read from OCI; the state only names them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.catalog_entry_plan import DIGEST_TAG
from paddock.deployed_models import deployed_models
from paddock.endpoint_check.approved import artifact_here, zip_of
from paddock.endpoint_check.endpoint_answer import ask, until
from paddock.endpoint_check.expected_answers import ExpectedAnswers, expected_answers
from paddock.endpoint_check.result import CheckResult, RowDifference, short
from paddock.endpoint_check.served_artifact import ApprovedZip, ServedArtifact, served_artifact
from paddock.errors import PaddockError
from paddock.model_builds import read_models
from paddock.oci_access import OciAccess, access, explain
from paddock.session import Session
from paddock.stack_settings import settings_or_default

WAIT_S = 60.0
_AT_A_TIME = 8
_UNDER_WAY = frozenset({"CREATING", "UPDATING"})
_ANSWERING = frozenset({"ACTIVE", "NEEDS_ATTENTION"})


@dataclass(frozen=True)
class _Site:
    """What all checks of a run share."""

    oci: OciAccess
    stack: str
    artifacts_dir: Path
    wait_s: float
    hashes_all: bool


@dataclass(frozen=True)
class _Subject:
    """One model to check; ``declared_state``: what its model.yaml and the stack's overrides say."""

    name: str
    approved: str
    declared_state: str
    deployment_id: str | None


def check_models(
    session: Session,
    names: Sequence[str],
    approved: Mapping[str, str],
    *,
    wait_s: float = WAIT_S,
    hashes_all: bool = False,
) -> list[CheckResult]:
    """Checks the named models (none named: all of ``approved``), in that order.

    ``approved``: model → digest, or at least 12 digits of one. ``wait_s``: how long a deployment and its endpoint may
    take to be ready. ``hashes_all``: big artifacts are downloaded too. Whatever is wrong with a model is in its result;
    PaddockError is raised where nothing can be checked at all.
    """
    settings = settings_or_default(session.workspace, session.stack)
    declared = {model.name: model.deployment.state for model in read_models(session.workspace, settings)}
    deployed = {model.name: model.deployment_id for model in deployed_models(session) if model.deployment_id}
    subjects = [
        _Subject(name, approved[name], declared.get(name, "ACTIVE"), deployed.get(name))
        for name in names or sorted(approved)
    ]
    site = _Site(access(session), session.stack, session.workspace.artifacts_dir, wait_s, hashes_all)
    with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="check") as pool:
        return list(pool.map(lambda subject: _checked(site, subject), subjects))


def _checked(site: _Site, subject: _Subject) -> CheckResult:
    from oci.exceptions import RequestException, ServiceError

    result = CheckResult(subject.name, subject.approved, deployment_id=subject.deployment_id)
    if subject.deployment_id is None:
        return _with(result, f"is not deployed on stack {site.stack}; `paddock up` makes it")
    try:
        client = site.oci.data_science()
        deployment = _settled(client, subject.deployment_id, site.wait_s)
        return _check_deployment(site, client, deployment, subject, result)
    except (ServiceError, RequestException) as error:
        return _with(result, str(explain(error)))
    except (PaddockError, zipfile.BadZipFile, OSError) as error:
        return _with(result, str(error))


def _settled(client: Any, deployment_id: str, wait_s: float) -> Any:
    """The deployment, once nothing is under way with it, or after ``wait_s``."""
    deployment: Any = None

    def is_settled() -> bool:
        nonlocal deployment
        deployment = client.get_model_deployment(deployment_id).data
        return deployment.lifecycle_state not in _UNDER_WAY

    until(is_settled, wait_s=wait_s)
    return deployment


def _check_deployment(site: _Site, client: Any, deployment: Any, subject: _Subject, result: CheckResult) -> CheckResult:
    state = deployment.lifecycle_state
    if state == "INACTIVE" == subject.declared_state:
        return replace(result, skipped="is declared INACTIVE: there is no endpoint to ask")
    if state not in _ANSWERING:
        return _with(result, _state_problem(state, deployment.lifecycle_details, subject))
    details = deployment.model_deployment_configuration_details
    model_id = getattr(getattr(details, "model_configuration_details", None), "model_id", None)
    if model_id is None:
        return _with(result, f"its deployment is a {details.deployment_type}; only those of one model are checked")
    result = replace(result, model_id=model_id, endpoint=f"{deployment.model_deployment_url}/predict")
    if state == "NEEDS_ATTENTION":
        result = _with(result, _state_problem(state, deployment.lifecycle_details, subject))
    return _check_content(site, client, getattr(details, "environment_configuration_details", None), result)


def _state_problem(state: str, details: str | None, subject: _Subject) -> str:
    if state == "INACTIVE":
        return "the deployment is INACTIVE, the code says ACTIVE: `paddock up` starts it"
    if state in _UNDER_WAY:
        return f"the deployment is still {state}; `paddock status` says when it is not"
    words = f": {details}" if details else ""
    return f"the deployment is {state}{words}\n  `paddock why {subject.name}` tells the cause"


def _check_content(site: _Site, client: Any, environment: Any, result: CheckResult) -> CheckResult:
    """Bytes first, then rows: the rows are asked for also where other bytes are served, to tell what that means.

    ``environment``: the deployment's environmentConfigurationDetails.
    """
    model_id = str(result.model_id)
    here = artifact_here(site.artifacts_dir, result.name, result.approved)
    approved_zip = ApprovedZip(here.name, zip_of(here)) if here else None
    with tempfile.TemporaryDirectory(prefix="paddock-check-") as temporary:
        served = served_artifact(client, model_id, approved_zip, Path(temporary), hashes_all=site.hashes_all)
        result = _with_digests(replace(result, served=served.digest, proof=served.proof), served, model_id)
        if getattr(environment, "environment_configuration_type", "DEFAULT") == "OCIR_CONTAINER":
            return replace(result, proof=f"{result.proof}; no rows, its own container answers as it likes")
        variables = getattr(environment, "environment_variables", None) or {}
        expected = expected_answers(site.artifacts_dir, result.name, here, served, result.approved, variables)
    return _with_rows(site, expected, result)


def _with_digests(result: CheckResult, served: ServedArtifact, model_id: str) -> CheckResult:
    if served.digest is None:
        result = _with(result, f"serves other bytes (by {served.proof}, {model_id}) than approved: {result.approved}")
    elif not served.digest.startswith(result.approved):
        result = _with(result, f"serves {served.digest} (by {served.proof}, {model_id}), approved is {result.approved}")
    if served.tag is None:
        return _with(result, f"its catalog entry {model_id} has no tag {DIGEST_TAG}: Paddock did not make it")
    if served.digest is not None and served.tag != served.digest:
        says = f"its catalog entry {model_id} says {DIGEST_TAG} {short(served.tag)}"
        return _with(result, f"{says}, and its bytes are {short(served.digest)}")
    return result


def _with_rows(site: _Site, expected: ExpectedAnswers | str, result: CheckResult) -> CheckResult:
    if isinstance(expected, str):
        return _with(result, f"no golden rows were compared: {expected}")
    if not expected.rows:
        return result  # a ready artifact promises no answers: that its bytes are served is all that can be told
    answer = ask(site.oci, str(result.endpoint), expected.rows, wait_s=site.wait_s)
    if answer.problem is not None:
        return _with(result, answer.problem)
    result = replace(result, latency_ms=answer.latency_ms)
    found = answer.body.get("prediction") if isinstance(answer.body, dict) else None
    if not isinstance(found, list) or len(found) != len(expected.rows):
        what = f"expected {{'prediction': [{len(expected.rows)} answers]}}, found {str(answer.body)[:120]}"
        return _with(result, f"the endpoint's answer is not one for each golden row: {what}")
    differing = expected.promise.differing_rows(found)
    result = replace(result, rows=len(found), rows_equal=len(found) - len(differing))
    if not differing:
        return result
    promised = expected.promise.predictions
    rows = tuple(RowDifference(row, expected.rows[row], promised[row], found[row]) for row in differing)
    words = f"{len(rows)} of {len(found)} golden rows get another answer than {short(result.approved)} gives"
    return _with(replace(result, differences=rows), words)


def _with(result: CheckResult, problem: str) -> CheckResult:
    return replace(result, problems=(*result.problems, problem))
