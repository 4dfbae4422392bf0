"""Between Pulumi's messages and our plain values."""

from typing import Any

from paddock.language_host.interpreter import Interpreter
from paddock.language_host.packages import RequiredPackage
from paddock.language_host.program_process import EXIT_ALREADY_REPORTED, EXIT_NO_SDK, RunOrder
from paddock.language_host.proto import language_pb2, plugin_pb2


def package_dependency(package: RequiredPackage) -> Any:
    """Return Pulumi's `PackageDependency`."""
    dependency = plugin_pb2.PackageDependency(
        name=package.name, kind="resource", version=package.version, server=package.server
    )
    if package.parameterization is not None:
        dependency.parameterization.name = package.parameterization.name
        dependency.parameterization.version = package.parameterization.version
        dependency.parameterization.value = package.parameterization.value
    return dependency


def plugin_dependency(package: RequiredPackage) -> Any:
    """Return Pulumi's `PluginDependency`, for engines that do not know packages."""
    return plugin_pb2.PluginDependency(
        name=package.name, kind="resource", version=package.version, server=package.server
    )


def run_order(request: Any, engine_address: str) -> RunOrder:
    """Return what the executor must know of a `RunRequest`."""
    return RunOrder(
        monitor_address=request.monitor_address,
        engine_address=engine_address,
        project=request.project,
        stack=request.stack,
        organization=request.organization or "organization",
        root_directory=request.info.root_directory,
        working_directory=request.pwd,
        entry_point=request.info.entry_point or ".",
        arguments=list(request.args),
        parallel=request.parallel,
        dry_run=request.dryRun,
        config=dict(request.config),
        config_secret_keys=list(request.configSecretKeys),
    )


def run_response(exit_code: int, interpreter: Interpreter, *, was_stopped: bool) -> Any:
    """Return the `RunResponse` for a program's end; `bail` where the user has been told, or has asked for the end."""
    if was_stopped or exit_code == EXIT_ALREADY_REPORTED:
        return language_pb2.RunResponse(bail=True)
    if exit_code == EXIT_NO_SDK:
        return language_pb2.RunResponse(
            error=f"{interpreter.python} has no Pulumi SDK; `{interpreter.python} -m pip install -r requirements.txt` "
            "in the project's folder installs it"
        )
    if exit_code < 0:
        return language_pb2.RunResponse(error=f"program was ended by signal {-exit_code}")
    if exit_code:
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {exit_code}")
    return language_pb2.RunResponse()
