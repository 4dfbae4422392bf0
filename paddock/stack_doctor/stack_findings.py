"""Everything about a stack that can be looked at before its first run."""

from __future__ import annotations

from artifact_builder import ArtifactBuilderError, Outcome
from infra.settings import Settings, SettingsError, settings_from_stack_file
from paddock.ci import policies
from paddock.errors import PaddockError, WordsError
from paddock.finding import Finding
from paddock.model_builds import build_outcomes, failures, read_models
from paddock.stack_doctor.backend import backend_findings
from paddock.stack_doctor.oci_credentials import own_finding, plugin_finding, region_finding
from paddock.stack_doctor.patient import Patient
from paddock.stack_doctor.secrets_provider import secrets_finding

_NAMED = 3


def stack_findings(patient: Patient) -> tuple[Finding, ...]:
    """In the order in which one mends them."""
    return (
        *_file_findings(patient),
        *backend_findings(patient),
        secrets_finding(patient),
        region_finding(patient),
        plugin_finding(patient),
        own_finding(patient),
        _policy_finding(patient),
    )


def _file_findings(patient: Patient) -> tuple[Finding, ...]:
    """The stack's file, and the models as it has them."""
    if not patient.file.is_file():
        init = f"pulumi stack init {patient.stack} && pulumi config set paddock:compartmentId OCID"
        return (Finding("stack file", f"there is no {patient.file_name}", init),)
    try:
        settings = settings_from_stack_file(patient.file)
    except SettingsError as error:
        return (Finding("stack file", "; ".join(error.problems), f"edit {patient.file_name}"),)
    return (
        Finding("stack file", f"{patient.file_name}, compartment {settings.compartment_id}"),
        _models(patient, settings),
    )


def _models(patient: Patient, settings: Settings) -> Finding:
    """Their values with the stack's own, and their artifacts: a model that does not fit its conda pack is refused."""
    try:
        if not read_models(patient.workspace, settings):
            return Finding("models", "none", "paddock new NAME --estimator model.pkl --samples X.csv")
        outcomes = build_outcomes(patient.workspace, settings, says_each=False)
    except WordsError as error:
        return Finding("models", str(error), "edit the file that is named")
    except (PaddockError, ArtifactBuilderError) as error:
        return Finding("models", str(error), "paddock build")
    failed = failures(outcomes)
    if failed is not None:
        return Finding("models", str(failed), "paddock build")
    if unknown := sorted(set(settings.pins) - {outcome.model.name for outcome in outcomes}):
        return Finding(
            "models", f"paddock:pins names {', '.join(unknown)}, no model of this stack", "edit the stack's file"
        )
    return Finding("models", _built(outcomes))


def _built(outcomes: tuple[Outcome, ...]) -> str:
    names = [outcome.model.name for outcome in outcomes]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}: valid with the stack's values, built for their conda environments"


def _policy_finding(patient: Patient) -> Finding:
    if policies.flags(patient.workspace.project_dir):
        return Finding("policy pack", "policy/")
    return Finding("policy pack", "there is no policy/PulumiPolicy.yaml", "git checkout -- policy")
