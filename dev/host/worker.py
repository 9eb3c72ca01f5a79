"""The Python worker. It indexes the function app and runs its functions, using Microsoft's own code."""

import json
import logging
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import azure_functions_runtime as runtime

from dev.host import protos
from dev.host.config import HostError
from dev.host.protos import Message, ParameterBinding, StatusResult, TypedData

_NO_RETRY = Message(retry_count=0, max_retry_count=0, exception=None)


class InvocationFailed(Exception):
    """A function raised an exception. `stack_trace` comes from the worker."""

    def __init__(self, function: str, message: str, stack_trace: str) -> None:
        super().__init__(f"{function}: {message}")
        self.stack_trace = stack_trace


@dataclass(frozen=True)
class Function:
    """An indexed function. `trigger` and `outputs` (keyed by parameter name) are bindings as in function.json."""

    name: str
    id: str
    trigger: Mapping[str, Any]
    outputs: Mapping[str, Mapping[str, Any]]

    @property
    def kind(self) -> str:
        """The trigger's type: httpTrigger, queueTrigger or timerTrigger."""
        return str(self.trigger["type"])


@dataclass(frozen=True)
class Result:
    """A function's return value, and the values of its output bindings, keyed by parameter name."""

    value: TypedData | None
    outputs: Mapping[str, TypedData]


async def index(app_dir: Path) -> list[Function]:
    """Import function_app.py and index it as Azure does. A process can index only one app.

    Raises HostError with the worker's message if nothing can be indexed.
    """
    # The worker logs two lines per invocation and a page of JSON at start-up. Developers do not need either.
    logging.getLogger("azure.functions").setLevel(logging.WARNING)
    if str(app_dir) not in sys.path:
        sys.path.insert(0, str(app_dir))
    runtime.start_threadpool_executor()
    answer = await runtime.worker_init_request(
        _call(worker_init_request=Message(capabilities={}, function_app_directory=str(app_dir)))
    )
    if answer.result.status != StatusResult.Success:
        raise HostError(f"{answer.result.exception.message}\n{answer.result.exception.stack_trace}")
    metadata = (await runtime.functions_metadata_request(_call())).function_metadata_results
    if not metadata:
        raise HostError(f"no functions in {app_dir.name}/: does it have a function_app.py that contains an app?")
    return _unique([_function(one) for one in metadata])


def _function(metadata: Any) -> Function:
    bindings = [json.loads(raw) for raw in metadata.raw_bindings]
    trigger = next(binding for binding in bindings if binding["type"].lower().endswith("trigger"))
    outputs = {b["name"]: b for b in bindings if b["direction"].lower() == "out" and b["type"] != "http"}
    if other := {b["type"] for b in outputs.values()} - {"queue"}:
        raise HostError(f"{metadata.name}: output bindings of type {', '.join(sorted(other))} are not supported here")
    return Function(metadata.name, metadata.function_id, trigger, outputs)


def _unique(functions: list[Function]) -> list[Function]:
    names = [function.name.casefold() for function in functions]
    if double := {name for name in names if names.count(name) > 1}:
        raise HostError(f"two functions have the same name: {', '.join(sorted(double))}")
    return functions


async def invoke(
    function: Function, data: TypedData, metadata: Mapping[str, object] | None = None, trace_parent: str = ""
) -> Result:
    """Run a function once. Raises InvocationFailed if the function raises, or if the runtime cannot convert its
    values.
    """
    request = Message(
        invocation_id=str(uuid4()),
        function_id=function.id,
        input_data=[ParameterBinding(name=function.trigger["name"], data=data)],
        trigger_metadata={name: _metadatum(value) for name, value in (metadata or {}).items()},
        trace_context=Message(trace_parent=trace_parent or _trace_parent(), trace_state="", attributes={}),
        retry_context=_NO_RETRY,
    )
    answer = await runtime.invocation_request(_call(invocation_request=request))
    if answer.result.status != StatusResult.Success:
        failure = answer.result.exception
        raise InvocationFailed(function.name, failure.message, failure.stack_trace)
    return Result(answer.return_value, {output.name: output.data for output in answer.output_data})


def stop() -> None:
    """Stop the threads that run non-async functions."""
    runtime.stop_threadpool_executor()


def _call(**request: Any) -> SimpleNamespace:
    return SimpleNamespace(request=Message(**request), properties={"host": "127.0.0.1", "protos": protos})


def _metadatum(value: object) -> TypedData:
    """Strings are sent as strings, and all other values as JSON, because the worker does not accept ints
    (docs/facts/azure-functions.md §A1).
    """
    return TypedData(string=value) if isinstance(value, str) else TypedData(json=json.dumps(value))


def _trace_parent() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
