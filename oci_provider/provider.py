"""Pulumi's ResourceProvider service: messages in and out; what is done is in `resource.py` and `kinds/`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf import empty_pb2

from oci_provider import functions, ignored_tags, inputs, package_schema, preview, state
from oci_provider.answers import answers, refuse
from oci_provider.check import DEFAULTS_KEY, check
from oci_provider.configuration import Configuration, check_config
from oci_provider.creation import creation_request
from oci_provider.engine import Engine
from oci_provider.errors import IncompleteError
from oci_provider.messages import changes, diff_response, failures, kind_of, naming
from oci_provider.operation import Operation
from oci_provider.properties import from_struct, plain, to_struct, with_secrets_of
from oci_provider.protocol import plugin_pb2, provider_pb2, provider_pb2_grpc
from oci_provider.resource import Kind
from oci_provider.state import META_KEY, Timeouts

_INVOKE_S = 20 * 60


class Provider(provider_pb2_grpc.ResourceProviderServicer):  # type: ignore[misc]  # generated, without types
    """One engine's plugin. Calls come on many threads at once."""

    def __init__(self, environment: Mapping[str, str], engine: Engine) -> None:
        self._configuration = Configuration(environment)
        self._engine = engine
        self._cancelled = threading.Event()
        self._told_old_outputs = False

    # --- the plugin ----------------------------------------------------------------------------------------------

    @answers
    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Learn where the engine listens and what it tells."""
        self._engine.listens_at(request.engine_address)
        self._told_old_outputs = request.sends_old_outputs_to_check
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    @answers
    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Learn where a debugging engine listens."""
        self._engine.listens_at(request.address)
        return empty_pb2.Empty()

    @answers
    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Tell the version, which is that of pulumi-oci."""
        return plugin_pb2.PluginInfo(version=package_schema.version())

    @answers
    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Tell the package schema of the kinds that are here."""
        return provider_pb2.GetSchemaResponse(schema=package_schema.text())

    @answers
    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Check the provider's own configuration; its keys become secrets."""
        checked = check_config(from_struct(request.news))
        return provider_pb2.CheckResponse(inputs=to_struct(checked.inputs), failures=failures(checked.failures))

    @answers
    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """No configuration asks for other resources."""
        same = plain(from_struct(request.old_inputs)) == plain(from_struct(request.news))
        return provider_pb2.DiffResponse(changes=changes(differ=not same))

    @answers
    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Take endpoints and credentials from configuration and environment; refuse what is not on loopback."""
        self._configuration.configure(from_struct(request.args))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @answers
    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """End every wait; what was begun is found again by the next run."""
        self.cancel()
        return empty_pb2.Empty()

    def cancel(self) -> None:
        """End every wait."""
        self._cancelled.set()

    @answers
    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Ask the service for what a data source tells."""
        function = functions.named(request.tok)
        checked = check(function.arguments, from_struct(request.args))
        if checked.failures:
            return provider_pb2.InvokeResponse(failures=failures(checked.failures))
        arguments = {name: value for name, value in plain(checked.inputs).items() if name != DEFAULTS_KEY}
        told = function.read(self._operation(request, _INVOKE_S, arguments), arguments)
        return provider_pb2.InvokeResponse(**{"return": to_struct(told)})

    # --- resources, in life order --------------------------------------------------------------------------------

    @answers
    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Check a program's inputs."""
        kind = kind_of(request)
        olds = from_struct(request.olds)
        self._knows(kind, request, plain(olds))
        checked = kind.check(
            from_struct(request.news), olds, naming(request, self._configuration.intents.find(request.urn))
        )
        return provider_pb2.CheckResponse(inputs=to_struct(checked.inputs), failures=failures(checked.failures))

    @answers
    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Compare a program's inputs with the state."""
        kind = kind_of(request)
        self._configuration.intents.known(request.urn, request.id)
        olds, news = plain(from_struct(request.olds)), plain(from_struct(request.news))
        news = self._asked(kind, news, olds)
        return diff_response(kind, kind.diff(olds, news, list(request.ignoreChanges)), news)

    @answers
    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - Pulumi's name
        """Create, or say what a creation will make."""
        kind = kind_of(request)
        news = self._asked(kind, from_struct(request.properties), {})
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(preview.created(kind.schema, news)))
        timeouts = Timeouts(request.timeout or kind.timeouts.create_s, kind.timeouts.update_s, kind.timeouts.delete_s)
        operation = self._operation(request, timeouts.create_s, plain(news))

        def told(properties: dict[str, Any]) -> Any:
            sealed = state.sealed(kind.schema, operation.resource_id, properties, timeouts)
            return to_struct(with_secrets_of(sealed, news))

        try:
            properties = kind.create(operation)
        except IncompleteError as error:
            detail = provider_pb2.ErrorResourceInitFailed(
                id=error.resource_id, properties=told(error.outputs), reasons=error.reasons, inputs=request.properties
            )
            return refuse(context, grpc.StatusCode.UNKNOWN, str(error), detail)
        return provider_pb2.CreateResponse(id=operation.resource_id, properties=told(properties))

    @answers
    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Read for a refresh, an import or a `get`; an empty id says that there is no such resource."""
        kind = kind_of(request)
        olds, old_inputs = from_struct(request.properties), from_struct(request.inputs)
        operation = self._operation(request, request.timeout or kind.timeouts.create_s, plain(old_inputs))
        operation.resource_id, located = kind.locate(request.id, plain(olds))
        self._configuration.intents.known(request.urn, operation.resource_id)
        properties = kind.read(operation, located)
        if properties is None:
            return provider_pb2.ReadResponse()
        sealed = state.sealed(kind.schema, operation.resource_id, properties, kind.timeouts)
        if old_inputs:
            told_inputs = inputs.refreshed(kind.schema, properties, old_inputs)
        else:
            told_inputs = inputs.imported(kind.schema, properties)
        return provider_pb2.ReadResponse(
            id=operation.resource_id,
            properties=to_struct(with_secrets_of(with_secrets_of(sealed | _meta_of(olds), olds), old_inputs)),
            inputs=to_struct(with_secrets_of(told_inputs, old_inputs)),
        )

    @answers
    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Update in place, or say what an update will leave."""
        kind, olds = kind_of(request), from_struct(request.olds)
        news = inputs.held(from_struct(request.news), olds, list(request.ignoreChanges))
        news = self._asked(kind, news, olds)
        self._configuration.intents.known(request.urn, request.id)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=to_struct(preview.updated(kind.schema, news, olds)))
        timeouts = Timeouts(kind.timeouts.create_s, request.timeout or kind.timeouts.update_s, kind.timeouts.delete_s)
        operation = self._operation(request, timeouts.update_s, plain(news))
        properties = kind.update(operation, plain(olds), plain(news))
        sealed = state.sealed(kind.schema, request.id, properties, timeouts)
        return provider_pb2.UpdateResponse(properties=to_struct(with_secrets_of(with_secrets_of(sealed, olds), news)))

    @answers
    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802 - Pulumi's name
        """Delete; returns when it is gone."""
        kind, olds = kind_of(request), plain(from_struct(request.properties))
        operation = self._operation(request, request.timeout or kind.timeouts.delete_s, olds)
        kind.delete(operation, olds)
        self._configuration.intents.known(request.urn, request.id)
        return empty_pb2.Empty()

    # --- between -------------------------------------------------------------------------------------------------

    def _operation(self, request: Any, timeout_s: float, values: dict[str, Any]) -> Operation:
        urn = getattr(request, "urn", "")
        return Operation(
            urn=urn,
            rest=self._configuration.rest(),
            intents=self._configuration.intents,
            cancelled=self._cancelled,
            timeout_s=timeout_s,
            inputs=values,
            resource_id=getattr(request, "id", ""),
            report=lambda line: self._engine.status(urn, line),
            warn=lambda line: self._engine.warning(urn, line),
        )

    def _asked(self, kind: Kind, news: dict[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a program's inputs ask of the service."""
        return ignored_tags.as_they_are(kind.schema, news, olds, self._configuration.ignored_tags)

    def _knows(self, kind: Kind, request: Any, olds: dict[str, Any]) -> None:
        """The engine shows by a Check what it knows.

        One that does not tell the id (before `old_outputs`) knows what its old inputs ask for; an open creation that
        asks for something else is a replacement that was interrupted, and stays open.
        """
        if self._told_old_outputs:
            known_id = plain(from_struct(request.old_outputs)).get("id", "")
            self._configuration.intents.known(request.urn, known_id)
            return
        intent = self._configuration.intents.find(request.urn)
        if olds and intent is not None and intent.is_of(creation_request(kind, self._asked(kind, olds, {}))):
            self._configuration.intents.forget(request.urn)


def _meta_of(olds: Mapping[str, Any]) -> dict[str, Any]:
    return {META_KEY: olds[META_KEY]} if META_KEY in olds else {}
