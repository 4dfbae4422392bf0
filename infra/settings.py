"""Stack configuration (`paddock:`): read once, checked whole, handed on as a frozen value.

The same keys are read in two places: by the program through `pulumi.Config`, and by the command line from the stack's
file before it starts Pulumi, so that a mistake is reported before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from infra.alarm_plan import AlarmSettings, alarm_settings
from infra.configuration_reader import ConfigurationReader, mapping
from infra.iam_plan import IamSettings, iam_settings

_DIGEST = re.compile(r"[0-9a-f]{12,64}")


class SettingsError(ValueError):
    """A stack's `paddock:` configuration can't be used; `problems` holds one sentence for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Settings:
    """What a stack says: OCIDs as Oracle writes them, folders relative to the project, tags as plain strings.

    `keep`: how many old catalog entries of a model stay. `pins`: model → digest (its first 12 digits or more) that is
    served whatever the code has. `is_breaking_allowed`: whether a schema change that breaks callers may be applied.
    `has_provenance`: whether catalog entries tell the git commit they were built from. `private_endpoint_subnet_id`:
    where a private endpoint for all deployments is made. `shard`: only models of this shard belong to the stack;
    `platform_stack`: the stack whose project and log group are used instead of own ones; `is_platform_only`: the stack
    is one that others use, and has no models (`paddock fleet`).
    """

    compartment_id: str
    project_name: str = "paddock"
    models_dir: str = "models"
    models: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    keep: int = 0
    pins: Mapping[str, str] = field(default_factory=dict)
    is_breaking_allowed: bool = False
    has_provenance: bool = False
    alarms: AlarmSettings | None = None
    iam: IamSettings | None = None
    private_endpoint_subnet_id: str | None = None
    shard: str | None = None
    platform_stack: str | None = None
    is_platform_only: bool = False


# The configuration's keys → what the program has to ask of `pulumi.Config`: text, a boolean, a number, an object.
KEYS: Mapping[str, str] = {
    "compartmentId": "text",
    "projectName": "text",
    "modelsDir": "text",
    "models": "object",
    "tags": "object",
    "protect": "boolean",
    "keep": "number",
    "pins": "object",
    "breaking": "text",
    "provenance": "boolean",
    "alarms": "object",
    "iam": "object",
    "privateEndpoint": "object",
    "shard": "text",
    "platformStack": "text",
    "platformOnly": "boolean",
}
# Read by the program alone, through `Config.require_secret_object`; never decrypted by the command line.
SECRETS_KEY = "secrets"


def settings_from(config: Mapping[str, object], place: str) -> Settings:
    """Checks plain values (`{"compartmentId": …}`, no `paddock:` prefix); raises SettingsError with all problems.

    `place` names where the values stand, for the messages: `Pulumi.local.yaml`.
    """
    read = ConfigurationReader(config, place)
    read.refuse_unknown({*KEYS, SECRETS_KEY})
    compartment_id = read.ocid(
        "compartmentId",
        "must be the OCID of a compartment (ocid1.compartment.…)",
        "set it with `pulumi config set paddock:compartmentId OCID`",
        is_required=True,
    )
    endpoint = read.section("privateEndpoint", {"subnetId"})
    settings = Settings(
        compartment_id=compartment_id or "",
        project_name=read.text("projectName", "paddock"),
        models_dir=read.text("modelsDir", "models", words="a folder's path"),
        models=mapping(read.map("models", "a map of model names to their overrides")),
        tags={str(k): str(v) for k, v in read.map("tags", "a map of text to text").items()},
        protect=read.boolean("protect"),
        keep=read.count("keep", "the number of old catalog entries of a model that stay"),
        pins=_pins(read),
        is_breaking_allowed=read.choice("breaking", ("refused", "allowed")) == "allowed",
        has_provenance=read.boolean("provenance"),
        alarms=alarm_settings(read),
        iam=iam_settings(read),
        private_endpoint_subnet_id=endpoint.ocid("subnetId", "must be the OCID of a subnet", is_required=True)
        if endpoint
        else None,
        shard=read.optional_text("shard"),
        platform_stack=read.optional_text("platformStack"),
        is_platform_only=read.boolean("platformOnly"),
    )
    if read.problems:
        raise SettingsError(tuple(read.problems))
    return settings


def settings_from_stack_file(path: Path) -> Settings:
    """Reads `Pulumi.<stack>.yaml`; raises SettingsError where it is missing or wrong. Secrets are not decrypted."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise SettingsError(
            (f"{path.name}: there is no such file; create the stack with `pulumi stack init`",)
        ) from None
    except yaml.YAMLError as error:
        raise SettingsError((f"{path.name}: is not YAML: {error}",)) from error
    config = document.get("config") if isinstance(document, Mapping) else None
    plain = {
        key.removeprefix("paddock:"): _plain(value)
        for key, value in mapping(config).items()
        if isinstance(key, str) and key.startswith("paddock:")
    }
    return settings_from(plain, path.name)


def _pins(read: ConfigurationReader) -> Mapping[str, str]:
    pins = {str(name): str(digest) for name, digest in read.map("pins", "a map of model names to digests").items()}
    for name, digest in pins.items():
        if not _DIGEST.fullmatch(digest):
            read.problem(
                f"pins.{name}",
                f"must be a digest's first 12 hexadecimal digits or more, found {digest!r}; "
                f"`paddock versions {name}` lists them",
            )
    return pins


def _plain(value: object) -> object:
    """What `pulumi config set` wrote as text is what it looks like: true, false, whole numbers."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) else value
