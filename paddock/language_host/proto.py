"""The generated gRPC modules that a language host speaks."""

from oci_provider.generated import generated

language_pb2, language_pb2_grpc, plugin_pb2 = generated("language_pb2", "language_pb2_grpc", "plugin_pb2")
