"""The messages in FunctionRpc.proto that the worker runtime reads and writes, as plain objects.

The runtime takes its protobuf module as an argument. It only creates messages, reads their fields and calls
`WhichOneof`. Neither grpcio nor protobuf is needed (docs/facts/azure-functions.md §A1).
"""

from types import SimpleNamespace
from typing import Any


class Message:
    """A message with the fields passed to its constructor."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, field: str) -> Any:  # field types are only defined in the runtime
        raise AttributeError(f"{type(self).__name__} has no field {field}")


class TypedData(Message):
    """A value, stored in exactly one of the fields string, json, bytes, int, double and http."""

    def WhichOneof(self, _group: str) -> str | None:
        """The name of the field that is set."""
        return next((field for field, value in self.__dict__.items() if value is not None), None)


class ParameterBinding(Message):
    """A function parameter's name and data."""

    def WhichOneof(self, _group: str) -> str:
        """Always return `data`, because shared memory is not supported."""
        return "data"


class StatusResult(Message):
    """The status of a call to the worker."""

    Failure = 0
    Success = 1


class BindingInfo(Message):
    """A binding's type and direction."""

    out = 1
    inout = 2
    undefined = 0


class RpcHttpCookie(Message):
    """A cookie in a response."""

    SameSite = SimpleNamespace(**{"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


class RpcHttp(Message):
    """An HTTP request or response."""


class RpcException(Message):
    """An exception raised by a function: message, stack_trace."""


class WorkerInitResponse(Message):
    """The response to the worker's start."""


class WorkerMetadata(Message):
    """The worker's versions."""


class FunctionMetadataResponse(Message):
    """The indexed functions."""


class RpcFunctionMetadata(Message):
    """One indexed function: name, function_id, raw_bindings."""


class RpcRetryOptions(Message):
    """A function's retry policy."""


class InvocationResponse(Message):
    """The response to an invocation: result, return_value, output_data."""


class NullableString(Message):
    """An optional string."""


class NullableBool(Message):
    """An optional bool."""


class NullableDouble(Message):
    """An optional number."""


class NullableTimestamp(Message):
    """An optional timestamp."""


class Timestamp(Message):
    """A time in seconds since 1970."""
