"""The generated gRPC modules that a resource plugin speaks."""

from __future__ import annotations

from oci_provider.generated import generated

provider_pb2, provider_pb2_grpc, plugin_pb2, engine_pb2, engine_pb2_grpc, status_pb2 = generated(
    "provider_pb2", "provider_pb2_grpc", "plugin_pb2", "engine_pb2", "engine_pb2_grpc", "status_pb2"
)
