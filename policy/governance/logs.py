"""A deployment's requests and predictions are logged, and the logs are enabled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .resource import LOG, MODEL_DEPLOYMENT, Resource
from .rule import ResourceRule, Settings, StackRule, of_type
from .violation import Violation


def missing_logs(deployment: Resource, settings: Settings) -> Iterator[Violation]:
    """One violation for each category that goes to no log."""
    for category in settings["categories"]:
        if deployment.value(f"categoryLogDetails.{category}.logId") is None:
            yield Violation(
                deployment,
                f"categoryLogDetails.{category}",
                "a log",
                "none",
                f"Name a log group and a log there (model.yaml: deployment.logs.{category}: true).",
            )


def disabled_logs(resources: Sequence[Resource], _settings: Settings) -> Iterator[Violation]:
    """One violation for each log of this stack that a deployment writes to and that is off."""
    logs = {log.urn: log for log in of_type(resources, LOG)}
    for deployment in of_type(resources, MODEL_DEPLOYMENT):
        for urn in sorted(set(deployment.depends_on.get("categoryLogDetails", ()))):
            if urn in logs and logs[urn].value("isEnabled") is False:
                yield Violation(
                    logs[urn],
                    "isEnabled",
                    f"true, since ModelDeployment {deployment.name} logs to it",
                    "false",
                    "Set isEnabled: true, or take the log out of the deployment's categoryLogDetails.",
                )


LOGS_ON = ResourceRule(
    name="logs-on",
    description="A model deployment logs its requests and its predictions.",
    level="advisory",
    check=missing_logs,
    types=frozenset({MODEL_DEPLOYMENT}),
    settings={
        "categories": {
            "type": "array",
            "items": {"enum": ["access", "predict"]},
            "default": ["access", "predict"],
        }
    },
)
LOGS_ENABLED = StackRule(
    name="logs-enabled",
    description="The logs that a model deployment writes to are enabled.",
    level="advisory",
    check=disabled_logs,
)
