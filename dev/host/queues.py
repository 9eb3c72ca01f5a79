"""Queue triggers that follow the rules of the WebJobs queue listener (docs/facts/azure-functions.md §F).

An empty queue is polled less and less often. The interval doubles up to host.json's maxPollingInterval. It is reset
when a message is found, when this host has enqueued a message, and when a function has run, because the function may
have enqueued a message.

A fetched message is hidden for ten minutes. When its function succeeds, the message is deleted. When its function
fails, the message reappears after host.json's visibilityTimeout. After it has been fetched maxDequeueCount times, it is
copied to `<queue>-poison` and deleted. If a host dies, its messages reappear after ten minutes.
"""

import asyncio
import base64
import binascii
import logging
from datetime import datetime

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from dev.host.config import HostConfig
from dev.host.protos import TypedData
from dev.host.runner import Runner
from dev.host.worker import Function, InvocationFailed

HIDDEN_WHILE_RUNNING = 600  # seconds; longer than functionTimeout, so that no renewal is needed
FIRST_POLL_INTERVAL = 0.1  # seconds
PAUSE_AFTER_ERROR = 1.0  # seconds

_log = logging.getLogger(__name__)


class QueueListener:
    """Runs one function for the messages in its queue."""

    def __init__(
        self, function: Function, queue: QueueClient, poison: QueueClient, config: HostConfig, runner: Runner
    ) -> None:
        self.deliveries = 0
        self._function = function
        self._queue = queue
        self._poison = poison
        self._config = config
        self._runner = runner
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._longest = config.max_polling_interval.total_seconds()
        self._interval = FIRST_POLL_INTERVAL
        self._quiet_polls = 0
        self._polled = asyncio.Condition()

    @property
    def queue_name(self) -> str:
        """The name of the queue."""
        return self._queue.queue_name

    def wake(self) -> None:
        """Poll now, because there is a new message."""
        self._wake.set()

    def expect(self) -> None:
        """Poll within FIRST_POLL_INTERVAL, because there may be a new message. Frequent calls do not delay the poll."""
        if self._interval > FIRST_POLL_INTERVAL:
            self._interval = FIRST_POLL_INTERVAL
            asyncio.get_running_loop().call_later(FIRST_POLL_INTERVAL, self.wake)

    async def listen(self) -> None:
        """Poll until cancelled. As in the real host, storage errors are logged, and polling continues."""
        while True:
            self._wake.clear()
            try:
                found = await self._poll()
            except AzureError as error:
                _log.error("queue %s cannot be polled: %s", self.queue_name, error)
                await asyncio.sleep(PAUSE_AFTER_ERROR)
                continue
            if not found:
                await self._wait(self._interval)
                self._interval = min(2 * self._interval, self._longest)

    async def settle(self) -> None:
        """Wait until a poll that started after this call has found no message, and no function is running."""
        async with self._polled:
            # The current poll started before this call, so only the next one counts.
            enough = self._quiet_polls + 2
            while self._quiet_polls < enough:
                self.wake()
                await self._polled.wait()

    async def close(self) -> None:
        """Cancel the running functions. Their messages reappear later."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _poll(self) -> bool:
        """Fetch a batch if there is capacity for it. Returns whether there may be more messages to fetch now."""
        if len(self._running) > self._config.new_batch_threshold:
            return False
        busy = bool(self._running)
        size = self._config.batch_size
        pages = self._queue.receive_messages(
            messages_per_page=size, max_messages=size, visibility_timeout=HIDDEN_WHILE_RUNNING
        )
        batch = [message async for message in pages]
        if batch:
            self._interval = FIRST_POLL_INTERVAL
        for message in batch:
            self._start(message)
        if not batch and not busy:
            async with self._polled:
                self._quiet_polls += 1
                self._polled.notify_all()
        return len(batch) == size

    def _start(self, message: QueueMessage) -> None:
        self.deliveries += 1
        task = asyncio.create_task(self._process(message))
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self.wake()
        if not task.cancelled() and (error := task.exception()):
            # The message is not lost. It reappears after HIDDEN_WHILE_RUNNING.
            _log.error("queue %s: a message could not be deleted or moved", self.queue_name, exc_info=error)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _process(self, message: QueueMessage) -> None:
        count = message.dequeue_count or 1
        try:
            data = _decode(message.content, self._config.message_encoding)
        except ValueError:
            # The storage extension moves messages that it cannot decode to the poison queue, without calling the
            # function.
            _log.error("queue %s: a message is not %s", self.queue_name, self._config.message_encoding)
            await self._bury(message, raw=True)
            return
        if count > self._config.max_dequeue_count:
            await self._bury(message)
            return
        try:
            await self._runner.run(self._function, data, _metadata(message, count))
        except InvocationFailed as failure:
            _log.error("%s (attempt %d)\n%s", failure, count, failure.stack_trace)
            await self._fail(message, count)
        else:
            await self._delete(message)

    async def _fail(self, message: QueueMessage, count: int) -> None:
        if count >= self._config.max_dequeue_count:
            await self._bury(message)
            return
        rest = int(self._config.visibility_timeout.total_seconds())
        # This passes the message's id. If it passed the message itself, the SDK would encode its text a second time.
        await self._queue.update_message(message.id, message.pop_receipt, visibility_timeout=rest)

    async def _bury(self, message: QueueMessage, raw: bool = False) -> None:
        text = message.content if raw else _decode(message.content, self._config.message_encoding).string
        await self._poison.send_message(text)
        await self._delete(message)

    async def _delete(self, message: QueueMessage) -> None:
        try:
            await self._queue.delete_message(message)
        except ResourceNotFoundError:
            _log.warning("queue %s: a message was deleted or taken over while its function ran", self.queue_name)


def _decode(content: str, encoding: str) -> TypedData:
    """A message's text. Raises ValueError if it is not in the encoding specified in host.json."""
    if encoding == "none":
        return TypedData(string=content)
    try:
        return TypedData(string=base64.b64decode(content, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("not base64-encoded UTF-8") from error


def _metadata(message: QueueMessage, count: int) -> dict[str, object]:
    def moment(value: datetime | None) -> str:
        return value.isoformat() if value else ""

    return {
        "Id": message.id,
        "DequeueCount": count,
        "PopReceipt": message.pop_receipt or "",
        "InsertionTime": moment(message.inserted_on),
        "ExpirationTime": moment(message.expires_on),
        "NextVisibleTime": moment(message.next_visible_on),
    }
