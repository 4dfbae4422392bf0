"""Pulumi's `LanguageRuntime` service: what each call means is said in the SDK's `language_pb2_grpc`."""

# ruff: noqa: N802  # the calls have Pulumi's names

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import grpc
from google.protobuf import empty_pb2

from paddock.language_host.commands import install_commands, plugin_command
from paddock.language_host.errors import LanguageHostError
from paddock.language_host.interpreter import Interpreter, interpreter_for
from paddock.language_host.messages import package_dependency, plugin_dependency, run_order, run_response
from paddock.language_host.packages import installed_distributions, required_packages
from paddock.language_host.program_process import ProgramProcess
from paddock.language_host.proto import language_pb2, language_pb2_grpc, plugin_pb2
from paddock.language_host.streamed_process import StreamedProcess


class _Stoppable(Protocol):
    def stop(self) -> None: ...


class LanguageRuntime(language_pb2_grpc.LanguageRuntimeServicer):  # type: ignore[misc]  # the stubs are not typed
    """Serves one engine. Calls it does not have are answered UNIMPLEMENTED, by name."""

    def __init__(self, engine_address: str, started_ahead: ProgramProcess | None) -> None:
        self._engine_address = engine_address
        self._lock = threading.Lock()
        self._started_ahead = started_ahead
        self._running: set[_Stoppable] = set()

    def Handshake(self, request: Any, _context: grpc.ServicerContext) -> Any:
        """Take the engine's address from one that attaches to this host instead of starting it."""
        self._engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, _request: Any, _context: grpc.ServicerContext) -> Any:
        """Answer without a version: this host is not released apart from Paddock."""
        return plugin_pb2.PluginInfo()

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Name the plugins that the interpreter's installed packages need."""
        packages = required_packages(_interpreter(request.info, context).site_packages())
        return language_pb2.GetRequiredPackagesResponse(packages=[package_dependency(package) for package in packages])

    def GetRequiredPlugins(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answer the same to an engine that does not know packages."""
        packages = required_packages(_interpreter(request.info, context).site_packages())
        return language_pb2.GetRequiredPluginsResponse(plugins=[plugin_dependency(package) for package in packages])

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:
        """List the interpreter's installed distributions."""
        found = installed_distributions(_interpreter(request.info, context).site_packages())
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        )

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Name the interpreter that runs the project."""
        interpreter = _interpreter(request.info, context)
        return language_pb2.AboutResponse(executable=str(interpreter.python), version=interpreter.version())

    def RuntimeOptionsPrompts(self, _request: Any, _context: grpc.ServicerContext) -> Any:
        """Ask nothing in `pulumi new`: pip is the one tool that this host installs with."""
        return language_pb2.RuntimeOptionsResponse()

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Run the program in a process of its interpreter; its standard output and error are this host's."""
        if request.attach_debugger:
            return language_pb2.RunResponse(error="--attach-debugger: Paddock's Python language host has no debugger")
        interpreter = _interpreter(request.info, context)
        program = self._program(interpreter)
        with self._stoppable(program, context):
            exit_code = program.run(run_order(request, self._engine_address))
        return run_response(exit_code, interpreter, was_stopped=program.was_stopped)

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Run a plugin written in Python (a policy pack, a component provider); stream what it writes."""
        interpreter = _interpreter(request.info, context, default_virtualenv="venv")
        command = plugin_command(interpreter, request.kind, Path(request.info.program_directory), list(request.args))
        environ = dict(os.environ) | dict(entry.split("=", 1) for entry in request.env)
        process = StreamedProcess(command, Path(request.pwd), interpreter.environment(environ))
        with self._stoppable(process, context):
            for output in process.outputs():
                if output.exit_code is not None:
                    yield language_pb2.RunPluginResponse(exitcode=output.exit_code)
                elif output.stdout:
                    yield language_pb2.RunPluginResponse(stdout=output.stdout)
                else:
                    yield language_pb2.RunPluginResponse(stderr=output.stderr)

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Install requirements.txt into the project's interpreter; a virtual environment that is due is made first."""
        folder = Path(request.info.program_directory)
        commands = install_commands(dict(request.info.options), Path(request.info.root_directory), folder)
        for command in commands:
            process = StreamedProcess(command, folder, os.environ)
            with self._stoppable(process, context):
                for output in process.outputs():
                    if output.exit_code:
                        context.abort(grpc.StatusCode.ABORTED, f"{' '.join(command)}: exit code {output.exit_code}")
                    yield language_pb2.InstallDependenciesResponse(stdout=output.stdout, stderr=output.stderr)

    def Cancel(self, _request: Any, _context: grpc.ServicerContext) -> Any:
        """End what runs: the engine was interrupted."""
        self.stop()
        return empty_pb2.Empty()

    def stop(self) -> None:
        """End every process of this host; returns when they are gone."""
        with self._lock:
            ahead, self._started_ahead = self._started_ahead, None
            running = list(self._running)
        if ahead is not None:
            ahead.kill()
        for process in running:
            process.stop()

    def _program(self, interpreter: Interpreter) -> ProgramProcess:
        """Return a process of this interpreter: the one that was started ahead, if it is of the same."""
        with self._lock:
            ahead, self._started_ahead = self._started_ahead, None
        if ahead is None:
            return ProgramProcess(interpreter)
        if ahead.interpreter == interpreter:
            return ahead
        ahead.kill()
        return ProgramProcess(interpreter)

    @contextmanager
    def _stoppable(self, process: _Stoppable, context: grpc.ServicerContext) -> Iterator[None]:
        """Have `process` stopped by `stop`, and when the engine abandons the call."""
        with self._lock:
            self._running.add(process)
        context.add_callback(process.stop)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(process)


def _interpreter(info: Any, context: grpc.ServicerContext, default_virtualenv: str | None = None) -> Interpreter:
    options = dict(info.options)
    root = Path(info.root_directory)
    if default_virtualenv and "virtualenv" not in options and (root / default_virtualenv).is_dir():
        options["virtualenv"] = default_virtualenv
    try:
        return interpreter_for(options, root)
    except LanguageHostError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise  # abort has raised already; this tells the type checker
