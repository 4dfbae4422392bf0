"""The edge: this package's errors as gRPC answers, once for all calls."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import any_pb2

from oci_provider import errors
from oci_provider.protocol import status_pb2

_CODES: dict[type[errors.OciProviderError], grpc.StatusCode] = {
    errors.ConfigurationError: grpc.StatusCode.FAILED_PRECONDITION,
    errors.UnknownTokenError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.UnreachableError: grpc.StatusCode.UNAVAILABLE,
    errors.TimedOutError: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.CancelledError: grpc.StatusCode.CANCELLED,
    errors.NotThereError: grpc.StatusCode.NOT_FOUND,
}


def answers(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what a method raises into a gRPC status with its sentence; only a defect of ours leaves a traceback."""

    @functools.wraps(method)
    def answered(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except errors.OciProviderError as error:
            refuse(context, _CODES.get(type(error), grpc.StatusCode.UNKNOWN), str(error))
        except Exception as error:
            if context.code() is not None:
                raise  # gRPC's own way of ending a call that the method refused: an exception without a word
            traceback.print_exc(file=sys.stderr)
            refuse(
                context, grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error} (a defect of the local oci plugin)"
            )
        return None

    return answered


def refuse(context: grpc.ServicerContext, code: grpc.StatusCode, message: str, detail: Any = None) -> None:
    """End the call with a status; `detail` is a message of Pulumi's that says more to the engine."""
    if detail is not None:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status = status_pb2.Status(code=code.value[0], message=message, details=[packed])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)
