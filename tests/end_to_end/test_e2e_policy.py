"""The policy pack with the real CLI: told, refused, mended; and started with nothing to fetch."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import PROJECT

from paddock import policy_pack

WITH_PACK = ("--policy-pack", "policy")
DEPLOYMENT = "oci:DataScience:ModelDeployment: wine-cultivar"
BY_HAND = '''
"""A program of somebody's own: one model, served by a container and, without logs, by a conda environment."""

from pathlib import Path

import pulumi
import pulumi_oci as oci

ARTIFACT = Path("models/wine-cultivar/model.pkl")
CONTAINER = {"environment_configuration_type": "OCIR_CONTAINER", "image": "r/i:1"}

compartment = pulumi.Config("paddock").require("compartmentId")
project = oci.datascience.Project("mine", compartment_id=compartment)
model = oci.datascience.Model(
    "mine",
    compartment_id=compartment,
    project_id=project.id,
    model_artifact=str(ARTIFACT),
    artifact_content_length=str(ARTIFACT.stat().st_size),
    custom_metadata_lists=[{"key": "InferenceCondaEnv", "value": "generalml_p311_cpu_x86_64_v1"}],
)
for name, environment in (("container", CONTAINER), ("plain", None)):
    oci.datascience.ModelDeployment(
        name,
        compartment_id=compartment,
        project_id=project.id,
        freeform_tags={"public-justification": "a test"},
        model_deployment_configuration_details={
            "deployment_type": "SINGLE_MODEL",
            "model_configuration_details": {
                "model_id": model.id,
                "instance_configuration": {"instance_shape_name": "VM.Standard2.1"},
                "scaling_policy": {"policy_type": "FIXED_SIZE", "instance_count": 1},
            },
            "environment_configuration_details": environment,
        },
    )
'''


@pytest.fixture(scope="module", autouse=True)
def pack_of_the_project():
    """`make test` has it made already; clones share it."""
    policy_pack.bring(PROJECT / "policy", print)


@pytest.fixture(scope="module", autouse=True)
def one_model(clone, pack_of_the_project):
    shutil.rmtree(clone.folder / "models" / "diabetes-progression")


@pytest.fixture
def configure(clone, tmp_path):
    """Writes a configuration for `--policy-pack-config` and returns the flags."""

    def flags(**rules):
        path = tmp_path / "policy.json"
        path.write_text(json.dumps({name.replace("_", "-"): stated for name, stated in rules.items()}))
        return (*WITH_PACK, "--policy-pack-config", str(path))

    return flags


@pytest.fixture
def committed(clone):
    """The pack's config.json, put back afterwards."""
    path = clone.folder / "policy" / "config.json"
    text = path.read_text()
    yield path
    path.write_text(text)


@contextmanager
def proxy_that_counts() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that answers nobody and keeps what it was asked for."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    caller.settimeout(1)
                    asked.append(caller.recv(4096))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_what_is_advisory_is_told_and_refuses_nothing(clone):
    shown = clone.paddock("preview", *WITH_PACK).stdout

    assert f"[advisory]  private-or-justified  ({DEPLOYMENT})" in shown
    assert "found a public endpoint without a reason. Name a private endpoint, or write the reason" in shown


def test_a_mandatory_rule_refuses_the_preview_until_the_model_is_mended(clone, configure):
    flags = configure(private_or_justified="mandatory", shape_bounds={"maxInstances": 2})
    clone.edit("models/wine-cultivar/model.yaml", "instances: 1", "instances: 3")
    refused = clone.paddock("preview", *flags, check=False)

    assert refused.returncode == 1
    assert f"[mandatory]  private-or-justified  ({DEPLOYMENT})" in refused.stdout
    assert "scalingPolicy.instanceCount: must be at most 2 instances, found 3. Take less, or raise" in refused.stdout

    clone.edit("models/wine-cultivar/model.yaml", "instances: 3", "instances: 2")
    clone.edit("models/wine-cultivar/model.yaml", "team: oenology", "public-justification: open data, team: oenology")
    mended = clone.paddock("preview", *flags)
    assert "private-or-justified" not in mended.stdout
    assert "shape-bounds" not in mended.stdout


def test_a_rule_that_is_disabled_says_nothing(clone, configure):
    clone.edit("models/wine-cultivar/model.yaml", "logs: {access: true", "logs: {access: false")

    assert "logs-on" not in clone.paddock("preview", *configure(logs_on="disabled")).stdout


def test_an_up_stops_before_it_makes_what_a_mandatory_rule_refuses(clone, configure):
    stopped = clone.up(*configure(logs_on="mandatory"), check=False)

    assert stopped.returncode == 1
    assert "categoryLogDetails.access: must be a log, found none" in stopped.stdout + stopped.stderr
    assert clone.paddock_json("status", "--json") == []


def test_an_up_that_keeps_every_rule_is_done(clone, configure):
    clone.edit("models/wine-cultivar/model.yaml", "logs: {access: false", "logs: {access: true")
    clone.up(*configure(all="mandatory", pinned_environment={"metadataKey": "Any", "enforcementLevel": "advisory"}))

    assert [found["state"] for found in clone.paddock_json("status", "--json")] == ["ACTIVE"]


def test_the_committed_configuration_counts_without_a_flag_also_for_plain_pulumi(clone, committed):
    whole = json.loads(committed.read_text())
    committed.write_text(json.dumps({**whole, "required-tags": {"requiredTags": ["cost-center"]}}))
    refused = clone.shell("pulumi preview --policy-pack policy --non-interactive")

    assert refused.returncode != 0
    assert "Model wine-cultivar: freeformTags[cost-center]: must be set, found none." in refused.stdout


def test_the_pack_starts_with_no_network_and_without_fetching_a_plugin(clone):
    """Whoever would fetch anything asks the proxy; fetching plugins is even allowed here."""
    plugins = clone.folder / ".paddock" / "home" / "plugins"
    before = sorted(path.name for path in plugins.iterdir())
    with proxy_that_counts() as (proxy, asked):
        result = clone.shell(
            "unset PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION\n"
            f"for name in HTTP_PROXY HTTPS_PROXY http_proxy https_proxy; do export $name={proxy}; done\n"
            "pulumi preview --policy-pack policy --non-interactive"
        )

    assert result.returncode == 0, result.stderr
    assert "paddock-governance@v" in result.stdout
    assert asked == []
    assert sorted(path.name for path in plugins.iterdir()) == before


def test_a_mistake_in_the_committed_configuration_is_told_without_a_traceback(clone, committed):
    committed.write_text('{"log-on": "mandatory"}')
    refused = clone.paddock("preview", *WITH_PACK, check=False)

    assert refused.returncode == 1
    assert "config.json: log-on: unknown rule, expected all or one of logs-on," in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


def test_a_program_of_ones_own_is_held_to_the_same_rules(clone, configure):
    (clone.folder / "__main__.py").write_text(BY_HAND)
    prices = "{as_of: 2026-11-01, currency: EUR, shapes: {VM.Standard3.Flex: {ocpu_hour: 1}}, load_balancer: {hour: 0}}"
    (clone.folder / "prices.yaml").write_text(prices)
    flags = configure(
        budget={"priceFile": "prices.yaml", "maxMonthly": 1000},
        shape_bounds={"maxOcpus": 4},
        pinned_image="mandatory",
    )
    told = clone.paddock("preview", *flags, check=False)

    assert told.returncode == 1
    environment = "modelDeploymentConfigurationDetails.environmentConfigurationDetails"
    for said in (
        f"ModelDeployment container: {environment}.imageDigest: must be the image's digest",
        "ModelDeployment plain: categoryLogDetails.predict: must be a log",
        "no size: unknown for VM.Standard2.1",
        "Model mine: outputSchema: must be the schema",
        "found unknown: the price file has no VM.Standard2.1: instance_hour, load_balancer: mbps_hour (prices of 2026",
    ):
        assert said in told.stdout
    for unsaid in ("private-or-justified", "pinned-environment", f"ModelDeployment plain: {environment}"):
        assert unsaid not in told.stdout
