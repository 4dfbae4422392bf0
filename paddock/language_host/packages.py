"""Which Pulumi packages a program's interpreter has, read from the folders alone: no process, no import.

A package says which plugin it needs in its `pulumi-plugin.json`
(https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/); one that has none but is called
`pulumi-<name>` needs the plugin `<name>` of its own version, as the official host has it. Editable installs of such
packages are not seen.
"""

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_WITHOUT_PLUGIN = frozenset({"pulumi-policy", "pulumi-esc-sdk"})
_DISTRIBUTION = re.compile(r"(?P<name>[\w.-]+?)-(?P<version>[^-]+)\.dist-info")
_PEP_440 = re.compile(
    r"(?P<release>\d+(\.\d+)*)((?P<phase>a|b|rc)(?P<phase_number>\d+))?(\.post(?P<post>\d+))?(\.dev(?P<dev>\d+))?"
)
_PHASES = {"a": "alpha", "b": "beta", "rc": "rc"}


@dataclass(frozen=True)
class Parameterization:
    """What a parameterized provider is told to become (Pulumi's `PackageParameterization`)."""

    name: str
    version: str
    value: bytes


@dataclass(frozen=True, order=True)
class RequiredPackage:
    """One plugin that a program may need; `version` begins with `v`, `server` is empty for Pulumi's own registry."""

    name: str
    version: str
    server: str = ""
    parameterization: Parameterization | None = None


def required_packages(site_packages: Iterable[Path]) -> list[RequiredPackage]:
    """Return the plugins that the packages in these folders need, sorted by name."""
    found: dict[str, RequiredPackage] = {}
    for folder in site_packages:
        for package in _packages_in(folder):
            found.setdefault(package.name, package)
    return sorted(found.values(), key=lambda package: package.name)


def _packages_in(folder: Path) -> Iterator[RequiredPackage]:
    distributions = {}
    modules = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if match := _DISTRIBUTION.fullmatch(entry.name):
                distributions[match["name"].replace("-", "_")] = match["version"]
            elif "." not in entry.name and (plugin_file := Path(entry.path, "pulumi-plugin.json")).is_file():
                modules[entry.name] = json.loads(plugin_file.read_bytes())
    named = {module for module in distributions if module.startswith("pulumi_")}
    for module in sorted(named | modules.keys()):
        if module.replace("_", "-") in _WITHOUT_PLUGIN:
            continue
        package = _package(module, distributions.get(module, ""), modules.get(module, {}))
        if package is not None:
            yield package


def _package(module: str, distribution_version: str, plugin: dict[str, object]) -> RequiredPackage | None:
    if plugin and not plugin.get("resource"):
        return None
    version = str(plugin.get("version") or "") or plugin_version(distribution_version)
    if not version:
        return None
    return RequiredPackage(
        name=str(plugin.get("name") or "") or module.replace("_", "-").removeprefix("pulumi-"),
        version=version if version.startswith("v") else f"v{version}",
        server=str(plugin.get("server") or ""),
        parameterization=_parameterization(plugin.get("parameterization")),
    )


def _parameterization(value: object) -> Parameterization | None:
    if not isinstance(value, dict):
        return None
    return Parameterization(str(value["name"]), str(value["version"]), base64.b64decode(value["value"]))


def plugin_version(distribution_version: str) -> str | None:
    """Return the semantic version that a distribution's version (PEP 440) stands for; None where it stands for none.

    `1.2` → `1.2.0`, `1.2.3a4` → `1.2.3-alpha.4`, `1.2.3.post4.dev5` → `1.2.3+post4dev5`; no epochs.
    """
    match = _PEP_440.fullmatch(distribution_version)
    if match is None:
        return None
    release = match["release"].split(".")
    version = ".".join(release + ["0"] * (3 - len(release)))
    if match["phase"]:
        version += f"-{_PHASES[match['phase']]}.{match['phase_number']}"
    build = "".join(f"{word}{match[word]}" for word in ("post", "dev") if match[word])
    return f"{version}+{build}" if build else version


def installed_distributions(site_packages: Iterable[Path]) -> list[tuple[str, str]]:
    """Return (name, version) of every installed distribution, sorted by name."""
    found: dict[str, str] = {}
    for folder in site_packages:
        for info in folder.glob("*.dist-info"):
            name, _, version = info.name.removesuffix(".dist-info").partition("-")
            found.setdefault(name.replace("_", "-"), version)
    return sorted(found.items())
