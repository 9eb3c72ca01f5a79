"""Runs functions for all kinds of triggers, with a time limit and queue outputs."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta

from azure.core.exceptions import AzureError

from dev.host import worker
from dev.host.protos import TypedData
from dev.host.storage import Queues
from dev.host.worker import Function, InvocationFailed, Result


class Runner:
    """Runs functions within `time_limit`, writes their queue outputs, and calls `on_end` after each function."""

    def __init__(self, queues: Queues, time_limit: timedelta, on_end: Callable[[], None] = lambda: None) -> None:
        self._queues = queues
        self._on_end = on_end
        self._seconds = time_limit.total_seconds()
        self.is_up = asyncio.Event()
        """Cleared to simulate a stopped app: requests are rejected, and timers wait. Messages that are already in the
        queues are still handled.
        """
        self.is_up.set()

    async def run(
        self, function: Function, data: TypedData, metadata: Mapping[str, object] | None = None, trace_parent: str = ""
    ) -> Result:
        """Run a function once.

        Raises InvocationFailed if the function raises, if it takes longer than functionTimeout, or if its output cannot
        be written.
        """
        try:
            async with asyncio.timeout(self._seconds):
                result = await worker.invoke(function, data, metadata, trace_parent)
        except TimeoutError as error:
            message = f"took longer than {self._seconds:g} s (functionTimeout)"
            raise InvocationFailed(function.name, message, "") from error
        finally:
            self._on_end()
        for name, output in result.outputs.items():
            await self._write(function, name, output)
        return result

    async def _write(self, function: Function, name: str, output: TypedData) -> None:
        try:
            for text in messages(output):
                await self._queues.send(function.outputs[name], text)
        except AzureError as error:
            raise InvocationFailed(function.name, f"the output {name} cannot be written: {error}", "") from error


def messages(output: TypedData) -> list[str]:
    """The messages in a queue output. If a list is set on Out[…], each element is a message."""
    kind = output.WhichOneof("data")
    if kind is None:
        return []
    value = getattr(output, kind)
    if kind != "json":
        return [value.decode() if isinstance(value, bytes) else value]
    parsed = json.loads(value)
    return [_text(item) for item in (parsed if isinstance(parsed, list) else [parsed])]


def _text(item: object) -> str:
    """The text of a queue message. azure.functions sends QueueMessage objects as {id, body}."""
    if isinstance(item, str):
        return item
    return str(item["body"]) if isinstance(item, dict) and "body" in item else json.dumps(item)
