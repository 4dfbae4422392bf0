"""How a model deployment is set, before and after: in words, and by the groups of `infra.option_groups`.

What a program leaves out stays as it is: the provider's optional properties are computed too (OCI.md 3.5). So the side
after is what is declared, laid over what is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra import option_groups
from paddock.model_report.plan import UNKNOWN, Resource, is_secret

NOT_KNOWN_YET = "known at up"
_CONFIGURATION = "modelDeploymentConfigurationDetails"
_LOGS = "categoryLogDetails"
_VARIABLES = "environmentVariables"
_BANDWIDTH_KEYS = ("bandwidthMbps", "maximumBandwidthMbps")
_NO_DETAILS: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Setting:
    """`old`, `new`: in words with units; None where there is none. Values of environment variables are in neither."""

    name: str
    old: str | None
    new: str | None

    @property
    def is_changed(self) -> bool:
        """Whether the two sides differ, as far as words can tell."""
        return self.old != self.new


@dataclass(frozen=True)
class Sides:
    """A deployment's properties before and after; each empty where it is not there."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]


def sides(old: Resource | None, new: Resource | None) -> Sides:
    """The properties to compare."""
    before = _without_absent(old.outputs or old.inputs) if old else _NO_DETAILS
    after = _without_absent(new.inputs or new.outputs) if new else _NO_DETAILS
    return Sides(before, _laid_over(before, after, replaced={_VARIABLES}) if new else _NO_DETAILS)


def with_written_logs(properties: Mapping[str, Any], disabled_ids: Collection[str | None]) -> Mapping[str, Any]:
    """Without the logs that the deployment names and that are disabled: a log that is off stays named (OCI.md 3.5)."""
    details = _mapping(properties.get(_LOGS))
    written = {category: log for category, log in details.items() if _mapping(log).get("logId") not in disabled_ids}
    return properties if written == details else {**properties, _LOGS: written}


def settings(both: Sides, paths: tuple[str, ...]) -> tuple[Setting, ...]:
    """All settings that either side has, in the order of interest. `paths`: what Pulumi says differs."""
    words = [_in_words(side) if side else {} for side in (both.old, both.new)]
    names = list(dict.fromkeys([*words[1], *words[0]]))
    told = [Setting(name, words[0].get(name), words[1].get(name)) for name in names]
    return (*(one for one in told if one.old is not None or one.new is not None), *_variables(both, paths))


def changed_groups(both: Sides, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Which groups of options differ. `paths`: what Pulumi says differs.

    Where it names only the whole configuration, the two sides are compared.
    """
    if _CONFIGURATION in paths:
        return option_groups.changed_groups(both.old, both.new)
    return option_groups.groups_of(paths)


def model_id_of(properties: Mapping[str, Any]) -> str | None:
    """The catalog entry that is served; UNKNOWN where it is only made by the update."""
    value = _model(properties).get("modelId")
    return value if isinstance(value, str) else None


def _in_words(properties: Mapping[str, Any]) -> dict[str, str | None]:
    model = _model(properties)
    instance = _mapping(model.get("instanceConfiguration"))
    environment = _details(properties, "environmentConfigurationDetails")
    logs = _mapping(properties.get(_LOGS))
    return {
        "state": _text(properties.get("state")),
        "bandwidth": _bandwidth(model),
        "shape": _shape(instance),
        "instances": _instances(_mapping(model.get("scalingPolicy"))),
        "logs": ", ".join(sorted(category for category, log in logs.items() if log)) or None,
        "subnet": _text(instance.get("subnetId")),
        "private endpoint": _text(instance.get("privateEndpointId")),
        "container": _text(environment.get("image")),
    }


def _bandwidth(model: Mapping[str, Any]) -> str | None:
    low, high = (_text(model.get(key) or None) for key in _BANDWIDTH_KEYS)  # 0 is the plugin's word for no maximum
    if low is None:
        return None
    return f"{low} Mbps" if high is None else f"{low} to {high} Mbps"


def _shape(instance: Mapping[str, Any]) -> str | None:
    name = _text(instance.get("instanceShapeName"))
    is_flexible = (name or "").endswith(".Flex")  # of a fixed shape, a size that is left over counts for nothing
    size = _mapping(instance.get("modelDeploymentInstanceShapeConfigDetails")) if is_flexible else _NO_DETAILS
    parts = [f"{_text(size.get('ocpus'))} OCPU" if size.get("ocpus") else None]
    parts.append(f"{_text(size.get('memoryInGbs'))} GB" if size.get("memoryInGbs") else None)
    parts.append(_text(size.get("cpuBaseline")))
    return ", ".join([name, *filter(None, parts)]) if name else None


def _instances(policy: Mapping[str, Any]) -> str | None:
    scaling = policy.get("autoScalingPolicies")
    if policy.get("policyType") != "AUTOSCALING" or not isinstance(scaling, list) or not scaling:
        return _text(policy.get("instanceCount"))
    first = _mapping(scaling[0])
    counts = f"{_text(first.get('minimumInstanceCount'))} to {_text(first.get('maximumInstanceCount'))}"
    rules = [_mapping(rule) for rule in first.get("rules") or []]
    return ", ".join([counts, *(_rule(rule) for rule in rules)])


def _rule(rule: Mapping[str, Any]) -> str:
    out, into = (_mapping(rule.get(f"scale{way}Configuration")).get("threshold") for way in ("Out", "In"))
    return f"{_text(rule.get('metricType'))} out at {_text(out)} %, in at {_text(into)} %"


def _variables(both: Sides, paths: tuple[str, ...]) -> Iterator[Setting]:
    """One for each variable that comes, goes or changes: its name, never its value."""
    before, after = (_details(side, "environmentConfigurationDetails").get(_VARIABLES) for side in (both.old, both.new))
    if is_secret(before) or is_secret(after):
        if any(_VARIABLES in path for path in paths):
            yield Setting("environment", "(secret)", "(secret, changed)")
        return
    old, new = _mapping(before), _mapping(after)
    for key in sorted({*old, *new}):
        if key not in new:
            yield Setting(f"environment {key}", "set", None)
        elif key not in old:
            yield Setting(f"environment {key}", None, "set")
        elif _is_another(key, old[key], new[key], paths):
            yield Setting(f"environment {key}", "set", "set to another value")


def _is_another(key: str, old: object, new: object, paths: tuple[str, ...]) -> bool:
    """Secrets are hidden on both sides, and only Pulumi can tell whether they differ."""
    if not (is_secret(old) or is_secret(new)):
        return old != new
    return any(path.endswith((f"{_VARIABLES}.{key}", f'{_VARIABLES}["{key}"]', _VARIABLES)) for path in paths)


def _model(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part with model, instances and bandwidth; which one that is depends on the deployment's type (OCI.md 4.1)."""
    parts = ("infrastructureConfigurationDetails", "modelConfigurationDetails")
    return {**_details(properties, parts[0]), **_details(properties, parts[1])}


def _details(properties: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    return _mapping(_mapping(properties.get(_CONFIGURATION)).get(part))


def _text(value: object) -> str | None:
    """A number as people write it: Pulumi's state may have 16.0 for 16."""
    if value is None or value == "":
        return None
    if value == UNKNOWN:
        return NOT_KNOWN_YET
    if is_secret(value):
        return "(secret)"
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _NO_DETAILS


def _without_absent(value: Any) -> Any:
    """Without what only one of the sides writes down: nulls, empty texts and the engine's own marks."""
    if isinstance(value, Mapping):
        cleaned = {key: _without_absent(item) for key, item in value.items() if not key.startswith("__")}
        return {key: item for key, item in cleaned.items() if item not in (None, "", {}, [])}
    return [_without_absent(item) for item in value] if isinstance(value, list) else value


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any], *, replaced: set[str]) -> dict[str, Any]:
    """`above` over `below`, mapping by mapping; the keys of `replaced` are maps that are set whole."""
    merged = dict(below)
    for key, value in above.items():
        beneath = merged.get(key)
        if isinstance(value, Mapping) and isinstance(beneath, Mapping) and key not in replaced:
            merged[key] = _laid_over(beneath, value, replaced=replaced)
        elif isinstance(value, list) and isinstance(beneath, list) and len(value) == len(beneath):
            pairs = zip(beneath, value, strict=True)
            merged[key] = [_laid_over({"": low}, {"": high}, replaced=replaced)[""] for low, high in pairs]
        else:
            merged[key] = value
    return merged
