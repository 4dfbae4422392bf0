"""The service as an engine calls it, over gRPC, with the host as a process of its own."""

import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from language_host_project import wait_until

from paddock.language_host.proto import language_pb2, language_pb2_grpc
from paddock.toolchain.scripts import write_language_host


@pytest.fixture
def host(tmp_path):
    """A host whose standard input we hold, as the engine does; ends when that ends."""
    script = write_language_host(tmp_path / "bin", Path(sys.executable))
    process = subprocess.Popen(
        [script, "127.0.0.1:1"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    yield process
    with process:
        process.stdin.close()
        process.wait(timeout=15)


@pytest.fixture
def runtime(host):
    port = int(host.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield language_pb2_grpc.LanguageRuntimeStub(channel)


def info(folder: Path, **options: str):
    described = language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder), entry_point=".")
    described.options.update(options)
    return described


def test_the_host_ends_silently_when_the_engine_is_gone(host):
    host.stdout.readline()
    host.stdin.close()
    assert host.wait(timeout=15) == 0
    assert host.stderr.read() == b""


def test_packages_that_are_installed_are_required(runtime, tmp_path):
    answer = runtime.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=info(tmp_path)))
    assert [(p.name, p.kind, p.version) for p in answer.packages] == [("oci", "resource", "v5.5.0")]
    older = runtime.GetRequiredPlugins(language_pb2.GetRequiredPluginsRequest(info=info(tmp_path)))
    assert [(p.name, p.kind, p.version) for p in older.plugins] == [("oci", "resource", "v5.5.0")]


def test_dependencies_and_interpreter_are_told(runtime, tmp_path):
    dependencies = runtime.GetProgramDependencies(language_pb2.GetProgramDependenciesRequest(info=info(tmp_path)))
    assert "pulumi-oci" in {dependency.name for dependency in dependencies.dependencies}
    about = runtime.About(language_pb2.AboutRequest(info=info(tmp_path)))
    assert about.executable == sys.executable
    assert about.version == ".".join(map(str, sys.version_info[:3]))


def test_a_refusal_has_its_reason_as_the_status(runtime, tmp_path):
    with pytest.raises(grpc.RpcError) as refused:
        runtime.About(language_pb2.AboutRequest(info=info(tmp_path, virtualenv="nowhere")))
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "expected a virtual environment at 'nowhere'" in refused.value.details()


def test_code_generation_is_answered_unimplemented(runtime):
    with pytest.raises(grpc.RpcError) as refused:
        runtime.GeneratePackage(language_pb2.GeneratePackageRequest())
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_debugger_is_refused_with_a_reason(runtime, tmp_path):
    answer = runtime.Run(language_pb2.RunRequest(info=info(tmp_path), attach_debugger=True))
    assert "--attach-debugger" in answer.error


def test_a_plugin_is_run_and_its_output_and_exit_code_streamed(runtime, tmp_path):
    program = "import sys, os\nprint(sys.argv[1:], os.environ['GIVEN'], os.getcwd())\nprint('oh', file=sys.stderr)\n"
    (tmp_path / "__main__.py").write_text(program + "sys.exit(5)\n", encoding="utf-8")
    request = language_pb2.RunPluginRequest(
        info=info(tmp_path), kind="resource", pwd=str(tmp_path), args=["one", "two"], env=["GIVEN=here=there"]
    )
    answers = list(runtime.RunPlugin(request))
    assert b"".join(answer.stdout for answer in answers).decode() == f"['one', 'two'] here=there {tmp_path}\n"
    assert b"".join(answer.stderr for answer in answers) == b"oh\n"
    assert answers[-1].WhichOneof("output") == "exitcode"
    assert answers[-1].exitcode == 5


def test_a_plugin_ends_when_the_engine_abandons_the_call(runtime, tmp_path):
    program = (
        "import os, time, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\nprint('on')\ntime.sleep(600)\n"
    )
    (tmp_path / "__main__.py").write_text(program, encoding="utf-8")
    call = runtime.RunPlugin(language_pb2.RunPluginRequest(info=info(tmp_path), kind="resource", pwd=str(tmp_path)))
    assert next(call).stdout.startswith(b"on")
    call.cancel()
    pid = (tmp_path / "pid").read_text(encoding="utf-8")
    wait_until(lambda: not Path("/proc", pid).exists(), timeout_s=15, what="the plugin is gone")


def test_cancel_ends_a_plugin(runtime, tmp_path):
    (tmp_path / "__main__.py").write_text("import time\nprint('on')\ntime.sleep(600)\n", encoding="utf-8")
    call = runtime.RunPlugin(language_pb2.RunPluginRequest(info=info(tmp_path), kind="resource", pwd=str(tmp_path)))
    assert next(call).stdout.startswith(b"on")
    runtime.Cancel(empty_pb2.Empty())
    assert list(call)[-1].exitcode != 0


def test_an_installation_that_fails_says_which_command_and_its_exit_code(runtime, tmp_path):
    # A requirement that pip refuses before it asks anyone.
    (tmp_path / "requirements.txt").write_text("-r nowhere.txt\n", encoding="utf-8")
    call = runtime.InstallDependencies(language_pb2.InstallDependenciesRequest(info=info(tmp_path)))
    with pytest.raises(grpc.RpcError) as refused:
        list(call)
    assert refused.value.code() == grpc.StatusCode.ABORTED
    assert "pip install -r" in refused.value.details()
    assert "exit code 1" in refused.value.details()


def test_an_installation_makes_the_virtual_environment_that_is_due(runtime, tmp_path):
    call = runtime.InstallDependencies(language_pb2.InstallDependenciesRequest(info=info(tmp_path, virtualenv="venv")))
    list(call)
    assert (tmp_path / "venv" / "bin" / "python").exists()
