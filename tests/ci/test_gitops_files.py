"""The files that a team merges: linted as a pull request lints them, pinned, and in the words of whoever reads them."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import oci.devops.models
import pulumi
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
DEVOPS = REPOSITORY / "gitops" / "oci_devops"
OPERATOR = REPOSITORY / "gitops" / "operator"


def document(path: Path) -> Any:
    return yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - texts only, `on` stays `on`


def lint_copy(tmp_path: Path) -> Path:
    """The files that are linted, in a folder of their own, with the tools that have been built already."""
    for name in (".github", "gitops", ".ci"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    for name in (".gitlab-ci.yml", ".pre-commit-config.yaml"):
        shutil.copy2(REPOSITORY / name, tmp_path / name)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{REPOSITORY / '.paddock' / 'lint'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "gitops/lint.sh"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def linters() -> None:
    """Has actionlint from its Go module and the linters of PyPI, by their ordinary clients, once for this clone."""
    subprocess.run(
        ["make", "lint-pipelines"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        timeout=280,
        stdin=subprocess.DEVNULL,
    )


def test_all_files_of_the_pipelines_are_clean(tmp_path):
    result = lint(lint_copy(tmp_path))

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (".github/workflows/rehearse.yml", "runs-on: ubuntu-24.04", "runs-on: ubuntu-1804", "runner-label"),
        (".github/workflows/rehearse.yml", "8e8c483db84b4bee98b60c0593521ed34d9990e8", "v6", "unpinned-uses"),
        (".github/workflows/rehearse.yml", "          persist-credentials: false\n", "", "artipacked"),
        (".github/workflows/production.yml", "timeout-minutes: 60", "timeout-minutes: [60]", "timeout-minutes"),
        (".gitlab-ci.yml", "stage: rehearse", "stage: {}", "stage"),
        ("gitops/oci_devops/passphrase.sh", '"$PASSPHRASE_SECRET"', "$PASSPHRASE_SECRET", "SC2086"),
        ("gitops/prices.yaml", "hours_per_month: 730", "hours_per_month: 730\nhours_per_month: 731", "duplication"),
    ],
)
def test_a_mistake_in_them_is_found(tmp_path, file, old, new, words):
    folder = lint_copy(tmp_path)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))

    result = lint(folder)

    assert result.returncode != 0
    assert words in result.stdout + result.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(path):
    uses = [line for line in path.read_text().splitlines() if "uses:" in line]

    assert uses
    assert [line for line in uses if not re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_rights_but_those_its_job_names(path):
    told = document(path)

    assert told["permissions"] == {}
    for name, job in told["jobs"].items():
        assert "permissions" in job, name
        assert "timeout-minutes" in job, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_that_builds_has_the_whole_history(path):
    """In a shallow clone every model's last commit is the newest: each push would change every entry's provenance."""
    for job in document(path)["jobs"].values():
        checkout = next(step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@"))
        if any(step.get("run") == "make install" for step in job["steps"]):
            assert checkout["with"]["fetch-depth"] == "0"


def test_no_workflow_that_runs_a_pull_requests_code_has_a_secret_or_may_write():
    told = document(REPOSITORY / ".github" / "workflows" / "rehearse.yml")

    assert set(told["on"]) == {"pull_request"}
    assert told["jobs"]["rehearse"]["permissions"] == {"contents": "read"}
    assert "secrets." not in (REPOSITORY / ".github" / "workflows" / "rehearse.yml").read_text()


def test_workflows_and_gitlab_ask_for_the_cli_that_paddock_is_tested_with():
    from paddock.toolchain import PINNED_VERSION

    asked = {version for path in WORKFLOWS for version in re.findall(r"pulumi-version: (\S+)", path.read_text())}
    images = {
        image for path in OPERATOR.glob("*.yaml") for image in re.findall(r"pulumi/pulumi:([\d.]+)", path.read_text())
    }

    assert asked == {PINNED_VERSION}
    assert images == {PINNED_VERSION}


def test_the_linters_take_the_go_that_paddock_takes():
    from paddock.toolchain.pin import GO_WHEEL, GO_WHEEL_VERSION

    assert f"GO_WHEEL={GO_WHEEL}=={GO_WHEEL_VERSION} " in (REPOSITORY / "gitops" / "lint.sh").read_text()


def test_a_lock_is_called_stale_only_when_the_jobs_own_time_is_over():
    up = document(REPOSITORY / ".github" / "workflows" / "production.yml")["jobs"]["up"]
    run = next(step["run"] for step in up["steps"] if step.get("name") == "Up")

    assert int(re.search(r"--stale-lock-after (\d+)", run)[1]) >= int(up["timeout-minutes"])


class DevOpsMocks(pulumi.runtime.Mocks):
    """Remembers what was declared; gives each resource an OCID."""

    def __init__(self) -> None:
        self.declared: list[tuple[str, str, dict[str, Any]]] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.declared.append((args.typ, args.name, dict(args.inputs)))
        return f"ocid1.{args.name}", dict(args.inputs)

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        raise AssertionError(f"the program calls {args.token}")


@pytest.fixture(scope="module")
def declared() -> dict[str, tuple[str, dict[str, Any]]]:
    sys.path.insert(0, str(DEVOPS))
    try:
        from pipelines import Pipelines, Wiring
    finally:
        sys.path.remove(str(DEVOPS))
    mocks = DevOpsMocks()
    asyncio.set_event_loop(asyncio.new_event_loop())  # Pulumi's mocks want one, and an earlier test may have closed it
    pulumi.runtime.set_mocks(mocks, project="paddock-devops", stack="test")
    names = (
        "project_id", "repository_id", "repository_url", "registry_id", "compartment_id", "subnet_id", "backend_url",
        "passphrase_secret_id", "stack",
    )  # fmt: skip
    wiring = Wiring(**{name: f"the {name}" for name in names})
    program = pulumi.runtime.test(
        lambda: Pipelines("paddock", wiring, command_spec=(DEVOPS / "command_spec.yaml").read_text()).build.id
    )
    program()
    return {name: (kind, inputs) for kind, name, inputs in mocks.declared}


def after(declared: dict[str, tuple[str, dict[str, Any]]], name: str) -> str:
    inputs = declared[name][1]
    stages = inputs.get("deployStagePredecessorCollection") or inputs["buildPipelineStagePredecessorCollection"]
    return str(stages["items"][0]["id"]).removeprefix("ocid1.")


def test_a_person_approves_between_what_was_previewed_and_what_is_applied(declared):
    assert declared["paddock-approval"][1]["deployStageType"] == "MANUAL_APPROVAL"
    assert after(declared, "paddock-shell") == "paddock-approval"
    assert after(declared, "paddock-approval") == "paddock-up"


def test_the_build_rehearses_then_keeps_then_hands_over(declared):
    assert after(declared, "paddock-rehearse-and-preview") == "paddock-build"
    assert after(declared, "paddock-keep") == "paddock-rehearse-and-preview"
    assert after(declared, "paddock-hand-over") == "paddock-keep"
    assert declared["paddock-hand-over"][1]["deployPipelineId"] == "ocid1.paddock-up"


def test_the_build_reads_the_file_that_is_in_the_repository(declared):
    assert (REPOSITORY / declared["paddock-rehearse-and-preview"][1]["buildSpecFile"]).is_file()


def test_words_of_a_type_are_oracles(declared):
    models = oci.devops.models
    expected = {
        ("paddock-approval", "deployStageType"): models.DeployStage,
        ("paddock-shell", "deployStageType"): models.DeployStage,
        ("paddock-rehearse-and-preview", "buildPipelineStageType"): models.BuildPipelineStage,
        ("paddock-keep", "buildPipelineStageType"): models.BuildPipelineStage,
        ("paddock-hand-over", "buildPipelineStageType"): models.BuildPipelineStage,
        ("paddock-command-spec", "deployArtifactType"): models.DeployArtifact,
        ("paddock-bundle", "deployArtifactType"): models.DeployArtifact,
    }
    for (name, key), model in expected.items():
        word = declared[name][1][key]
        words = {value for attribute, value in vars(model).items() if attribute.isupper() and isinstance(value, str)}
        assert word in words, f"{name}: {key} is {word}"


def test_the_command_spec_finds_the_registry_and_no_secret_is_in_it(declared):
    import base64

    content = declared["paddock-command-spec"][1]["deployArtifactSource"]["base64encodedContent"]
    told = yaml.safe_load(base64.b64decode(content))

    assert told["inputArtifacts"][0]["registryId"] == "the registry_id"
    assert "PULUMI_CONFIG_PASSPHRASE" not in told["env"]["variables"]


@pytest.mark.parametrize("name", ["build_spec.yaml", "command_spec.yaml"])
def test_a_specification_has_oracles_keys(name):
    """docs.oracle.com, "Build Specification" and "Command Specification"."""
    told = yaml.safe_load((DEVOPS / name).read_text())

    assert told["version"] == 0.1
    assert told["component"] == name.partition("_")[0]
    known = {"version", "component", "timeoutInSeconds", "shell", "failImmediatelyOnError", "env", "inputArtifacts"}
    assert set(told) <= known | {"steps", "outputArtifacts"}
    for step in told["steps"]:
        assert step["type"] == "Command"
        assert set(step) <= {"type", "name", "timeoutInSeconds", "command", "shell", "onFailure"}
        assert step["timeoutInSeconds"] <= told["timeoutInSeconds"]


@pytest.mark.parametrize("name", ["build_spec.yaml", "command_spec.yaml"])
def test_the_shell_of_a_specification_is_sound(tmp_path, name):
    script = tmp_path / "steps.sh"
    steps = yaml.safe_load((DEVOPS / name).read_text())["steps"]
    script.write_text("#!/bin/bash\nset -e\n" + "\n".join(f"(\n{step['command']})" for step in steps))

    result = subprocess.run(
        ["shellcheck", "--exclude", "SC1091,SC2154", str(script)], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout


def test_the_operators_stacks_name_a_program_or_a_repository_and_keep_secrets_in_secrets():
    manifests = [
        told
        for path in OPERATOR.glob("*.yaml")
        for told in yaml.safe_load_all(path.read_text())
        if told["kind"] == "Stack"
    ]

    assert {told["metadata"]["name"] for told in manifests} == {"paddock-prod", "paddock-platform"}
    for told in manifests:
        spec = told["spec"]
        assert told["apiVersion"] == "pulumi.com/v1"
        assert ("projectRepo" in spec) != ("programRef" in spec)
        assert spec["destroyOnFinalize"] is False
        assert {reference["type"] for reference in spec["envRefs"].values()} == {"Secret"}


def test_the_operators_program_declares_what_the_plugin_has():
    """The same file is a Pulumi YAML program; its resource tokens must be pulumi-oci's."""
    from importlib import import_module

    program = next(
        told for told in yaml.safe_load_all((OPERATOR / "program.yaml").read_text()) if told["kind"] == "Program"
    )["program"]

    assert program["configuration"]["compartmentId"]["type"] in {"String", "Number", "List<Number>", "List<String>"}
    for resource in program["resources"].values():
        _, module, name = resource["type"].split(":")
        cls = getattr(import_module(f"pulumi_oci.{module.lower()}"), name)
        known = {re.sub(r"_(\w)", lambda found: found[1].upper(), key) for key in cls.__init__.__kwdefaults__ or {}}
        import inspect

        wanted = set(inspect.signature(cls._internal_init).parameters)
        camel = {re.sub(r"_(\w)", lambda found: found[1].upper(), key) for key in wanted} | known
        assert set(resource["properties"]) <= camel
