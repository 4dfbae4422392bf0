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

# Oracle's documentation: ocid1.<resource type>.<realm>.[region][.future use].<unique id>
_OCID = re.compile(r"^ocid1\.[a-z0-9]+\.[a-z0-9-]+\.[a-z0-9-]*\.(?:[a-z0-9-]+\.)?[A-Za-z0-9_-]+$")
_KNOWN = {"compartmentId", "projectName", "modelsDir", "models", "tags", "protect"}


class SettingsError(ValueError):
    """A stack's `paddock:` configuration can't be used; `problems` holds one sentence for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Settings:
    """What a stack says: OCIDs as Oracle writes them, folders relative to the project, tags as plain strings."""

    compartment_id: str
    project_name: str = "paddock"
    models_dir: str = "models"
    models: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False


def settings_from(config: Mapping[str, object], place: str) -> Settings:
    """Checks plain values (`{"compartmentId": …}`, no `paddock:` prefix); raises SettingsError with all problems.

    `place` names where the values stand, for the messages: `Pulumi.local.yaml`.
    """
    problems = [
        f"{place}: paddock:{key}: unknown key, expected one of {', '.join(sorted(_KNOWN))}"
        for key in sorted(set(config) - _KNOWN)
    ]

    def expect(key: str, kind: type, words: str, default: object) -> object:
        value = config.get(key, default)
        if isinstance(value, kind):
            return value
        problems.append(f"{place}: paddock:{key}: must be {words}, found {value!r}")
        return default

    compartment_id = config.get("compartmentId")
    if not (isinstance(compartment_id, str) and _OCID.match(compartment_id)):
        found = "nothing" if compartment_id is None else repr(compartment_id)
        problems.append(
            f"{place}: paddock:compartmentId: must be the OCID of a compartment (ocid1.compartment.…), found {found}; "
            "set it with `pulumi config set paddock:compartmentId OCID`"
        )
    settings = Settings(
        compartment_id=str(compartment_id),
        project_name=str(expect("projectName", str, "text", "paddock")),
        models_dir=str(expect("modelsDir", str, "a folder's path", "models")),
        models=_mapping(expect("models", Mapping, "a map of model names to their overrides", {})),
        tags={str(k): str(v) for k, v in _mapping(expect("tags", Mapping, "a map of text to text", {})).items()},
        protect=bool(expect("protect", bool, "true or false", False)),
    )
    if problems:
        raise SettingsError(tuple(problems))
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
        key.removeprefix("paddock:"): value
        for key, value in _mapping(config).items()
        if isinstance(key, str) and key.startswith("paddock:")
    }
    return settings_from(plain, path.name)


def _mapping(value: object) -> Mapping[str, Mapping[str, object]]:
    return value if isinstance(value, Mapping) else {}
