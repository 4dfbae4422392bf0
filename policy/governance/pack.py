"""The rules as Pulumi's policy pack: the only module that knows `pulumi_policy`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from .configuration import LEVEL, ConfigurationError, read_configuration, refuse_unknown_settings
from .resource import NOT_YET_KNOWN, Resource
from .rule import Findings, ResourceRule, Rule, Settings, StackRule, defaults
from .rules import RULES
from .violation import Undecided

_CONFIGURATION = Path(__file__).parents[1] / "config.json"
# URN → what the program declared. The engine gives stack rules what a resource will be instead, where all that OCI may
# fill in counts as not yet known during a preview, also what nobody stated.
_declared: dict[str, Resource] = {}


def serve() -> None:
    """Serve the pack until the engine ends it. Where `config.json` is wrong, says so and ends with exit code 1."""
    try:
        configuration = read_configuration(_CONFIGURATION, RULES)
    except ConfigurationError as error:
        sys.exit(str(error))
    PolicyPack(
        "paddock-governance",
        [_policy(rule) for rule in RULES],
        initial_config={name: _initial(name, configuration) for name in configuration},
    )


def _policy(rule: Rule) -> Policy:
    common = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": EnforcementLevel(rule.level),
        "config_schema": PolicyConfigSchema(properties={name: dict(schema) for name, schema in rule.settings.items()}),
    }
    if isinstance(rule, StackRule):
        return StackValidationPolicy(validate=_stack_validation(rule), **common)
    return ResourceValidationPolicy(validate=_resource_validation(rule), **common)


def _resource_validation(rule: ResourceRule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if rule.types is None or args.resource_type in rule.types:
            resource = _declared[args.urn] = _resource(args)
            _report(rule.check(resource, _settings(rule, args.get_config())), report)

    return validate


def _stack_validation(rule: StackRule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [_as_declared(_resource(resource)) for resource in args.resources]
        _report(rule.check(resources, _settings(rule, args.get_config())), report)

    return validate


def _settings(rule: Rule, configured: Settings) -> Settings:
    refuse_unknown_settings(rule, configured)
    return {**defaults(rule), **configured}


def _report(findings: Findings, report: ReportViolation) -> None:
    """Report every violation, then tell (as Pulumi does) what a preview could not decide."""
    undecided: Undecided | None = None
    for finding in findings:
        if isinstance(finding, Undecided):
            undecided = undecided or finding
        else:
            report(finding.message, finding.resource.urn if finding.resource else None)
    if undecided is not None:
        raise UnknownValueError(UNKNOWN_STRING_VALUE, undecided.path.split("."))


def _resource(given: ResourceValidationArgs | PolicyResource) -> Resource:
    depends_on = getattr(given, "property_dependencies", {})
    return Resource(
        type=given.resource_type,
        name=given.name,
        urn=given.urn,
        properties=_plain(given.props),
        is_protected=bool(given.opts.protect),
        depends_on={key: tuple(resource.urn for resource in resources) for key, resources in depends_on.items()},
    )


def _as_declared(resource: Resource) -> Resource:
    declared = _declared.get(resource.urn)
    return replace(resource, properties=declared.properties) if declared else resource


def _plain(value: Any) -> Any:
    """The SDK's proxies as dicts and lists; they raise where a value is not yet known, ours stands for it."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_item(value, position) for position in range(len(value))]
    return value


def _item(container: Any, key: Any) -> Any:
    try:
        return _plain(container[key])
    except UnknownValueError:
        return NOT_YET_KNOWN


def _initial(name: str, configuration: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """With a level always: the SDK sends one that is left out as `advisory`, and the engine would take that."""
    own = next((rule.level for rule in RULES if rule.name == name), None)
    level = configuration[name].get(LEVEL) or configuration.get("all", {}).get(LEVEL) or own
    return {**configuration[name], LEVEL: EnforcementLevel(level)} if level else {}
