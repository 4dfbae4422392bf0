"""The generated gRPC modules that a resource plugin speaks."""

from __future__ import annotations

from google.protobuf.internal import api_implementation

from oci_provider.generated import generated

provider_pb2, provider_pb2_grpc, plugin_pb2, engine_pb2, engine_pb2_grpc, status_pb2 = generated(
    "provider_pb2", "provider_pb2_grpc", "plugin_pb2", "engine_pb2", "engine_pb2_grpc", "status_pb2"
)

# protobuf reads 100 messages inside each other, 33 levels of a Struct, unless told otherwise (upb, its only fast form);
# the way back to Terraform's state of a deployment with autoscaling rules is deeper. Go's engine reads 10,000.
if api_implementation.Type() == "upb":
    api_implementation._c_module.SetAllowOversizeProtos(True)  # noqa: SLF001 - it has no public name
