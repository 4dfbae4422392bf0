"""The plugin's process: what it needs, what it refuses by name, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import psutil
import pytest
from plugin_engine import ROOT, Engine, running
from pulumi_stack import Place, overrides, wait_until

from oci_provider.properties import from_struct, to_struct
from oci_provider.protocol import provider_pb2

PROJECT = "oci:DataScience/project:Project"
EMPTY = provider_pb2.google_dot_protobuf_dot_empty__pb2.Empty()


def test_starting_imports_neither_oracles_sdk_nor_requests_nor_pulumis():
    heavy = "{'oci', 'requests', 'pulumi', 'pulumi_oci'}"
    script = f"import sys, oci_provider.__main__; sys.exit(str({heavy} & set(sys.modules) or ''))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (1, "")


def test_the_sdk_that_is_imported_later_is_the_whole_one():
    script = (
        "import oci_provider.protocol as ours, pulumi, pulumi.provider; from pulumi.runtime.proto import provider_pb2; "
    )
    script += "assert provider_pb2 is ours.provider_pb2 and pulumi.ResourceOptions"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly(number: int, place: Place):
    with running(place.environment, place.work_dir) as engine:
        engine.process.send_signal(number)
        assert engine.process.wait(10) == 0
        assert engine.process.stderr.read() == ""


def test_it_does_not_outlive_its_engine(place: Place):
    """The engine is a shell that starts the plugin and is killed."""
    command = f'"{sys.executable}" -m oci_provider & echo $!; wait'
    with subprocess.Popen(
        ["/bin/sh", "-c", command],
        env={**place.environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as shell:
        plugin = psutil.Process(int(shell.stdout.readline()))
        assert int(shell.stdout.readline()) > 0
        os.kill(shell.pid, signal.SIGKILL)
        wait_until(lambda: ended(plugin), timeout_s=10, what="the end of the plugin")


def ended(process: psutil.Process) -> bool:
    """Also where nobody has asked yet how it ended."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_token_that_is_not_here_is_refused_with_those_that_are(engine: Engine):
    with pytest.raises(grpc.RpcError) as refused:
        engine.check("oci:Core/vcn:Vcn", "one", {})
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "oci:Core/vcn:Vcn: the local oci plugin does not have this resource" in refused.value.details()
    assert PROJECT in refused.value.details()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"CLIENT_HOST_OVERRIDES": ""}, 'run `eval "$(paddock env)"`'),
        (overrides("http://192.0.2.1:1"), "not on loopback"),
    ],
)
def test_an_environment_that_leads_elsewhere_is_refused_before_anything_is_done(
    environment: dict[str, str], words: str, place: Place
):
    with running({**place.environment, **environment}, place.work_dir) as engine:
        with pytest.raises(grpc.RpcError) as refused:
            engine.configure()
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert words in refused.value.details()


def test_no_change_makes_no_request(place: Place):
    """Nobody listens at this address, and nobody is asked."""
    with running({**place.environment, **overrides("http://127.0.0.1:9")}, place.work_dir) as engine:
        engine.configure()
        inputs = engine.check(PROJECT, "one", {"compartmentId": "c", "displayName": "p"})
        answer = engine.diff(PROJECT, "one", {"id": "ocid1.x", **inputs}, inputs)
        assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_it_tells_its_version_and_takes_secrets(engine: Engine):
    assert engine.stub.GetPluginInfo(EMPTY).version == "5.5.0"
    answer = engine.stub.Configure(provider_pb2.ConfigureRequest(args=to_struct({})))
    assert (answer.acceptSecrets, answer.supportsPreview) == (True, True)


def test_a_wrong_key_is_refused_and_named(place: Place, tmp_path: Path):
    other = tmp_path / "other.pem"
    other.write_text("no key")
    with running({**place.environment, "TF_VAR_private_key_path": str(other)}, place.work_dir) as engine:
        engine.configure()
        with pytest.raises(grpc.RpcError) as refused:
            engine.create(PROJECT, "one", {"compartmentId": place.compartment})
        assert f"the private key in {other} cannot be used" in refused.value.details()


def test_what_the_local_oci_refuses_is_told_in_its_words_and_leaves_nothing(engine: Engine, place: Place):
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(PROJECT, "one", {"compartmentId": "ocid1.compartment.oc1..elsewhere", "displayName": "refused"})
    assert "POST /20190101/projects: 404 NotAuthorizedOrNotFound" in refused.value.details()
    assert place.named("/20190101/projects", "refused") == []


def test_a_large_configuration_passes(engine: Engine):
    inputs = {"compartmentId": "c", "description": "x" * 5_000_000}
    checked = engine.stub.Check(
        provider_pb2.CheckRequest(urn=f"urn:pulumi:dev::demo::{PROJECT}::one", news=to_struct(inputs))
    )
    assert len(from_struct(checked.inputs)["description"]) == 5_000_000


def test_unknown_is_not_gone(engine: Engine, place: Place):
    made = engine.create(PROJECT, "one", {"compartmentId": place.compartment, "displayName": "unknown"})
    stranger = {**place.environment, "TF_VAR_fingerprint": ":".join(["00"] * 16)}
    with running(stranger, place.work_dir) as other:
        other.configure()
        with pytest.raises(grpc.RpcError) as refused:
            other.read(PROJECT, made["id"], made, made)
    assert "401 NotAuthenticated" in refused.value.details()
