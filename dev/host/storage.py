"""The queues of the app's storage account, keyed by their names in bindings."""

from collections.abc import Callable, Mapping
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from dev.host.config import HostError, resolve

ENCODINGS = {"base64": TextBase64EncodePolicy(), "none": None}


class Queues:
    """Queue clients, by connection and name. `on_send` is called with the name of every queue to which this host sends
    a message.
    """

    def __init__(self, settings: Mapping[str, str], encoding: str) -> None:
        if encoding not in ENCODINGS:
            raise HostError(f"host.json: messageEncoding must be one of {', '.join(ENCODINGS)}, not {encoding!r}")
        self.encoding = encoding
        self.on_send: Callable[[str], None] = lambda queue: None
        self._settings = settings
        self._services: dict[str, QueueServiceClient] = {}

    async def open(self, binding: Mapping[str, Any], suffix: str = "") -> QueueClient:
        """A binding's queue. It is created if it does not exist (in Azure, infra/ creates it)."""
        client = self._client(binding, suffix)
        try:
            await client.create_queue()
        except ResourceExistsError:
            return client
        return client

    async def send(self, binding: Mapping[str, Any], text: str) -> None:
        """Send a message to an output binding's queue."""
        client = self._client(binding)
        await client.send_message(text)
        self.on_send(client.queue_name)

    async def close(self) -> None:
        """Close all connections."""
        for service in self._services.values():
            await service.close()

    def _client(self, binding: Mapping[str, Any], suffix: str = "") -> QueueClient:
        name = resolve(binding["queueName"], self._settings) + suffix
        encode = ENCODINGS[self.encoding]
        return self._service(binding["connection"]).get_queue_client(name, message_encode_policy=encode)

    def _service(self, connection: str) -> QueueServiceClient:
        if connection not in self._services:
            if connection not in self._settings:
                raise HostError(f"the app setting {connection} is missing: it must be a connection string in this host")
            self._services[connection] = QueueServiceClient.from_connection_string(self._settings[connection])
        return self._services[connection]
