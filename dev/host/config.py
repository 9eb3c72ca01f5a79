"""The host's configuration: host.json and the app settings."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


class HostError(Exception):
    """The function app cannot be hosted. The message says what to change."""


@dataclass(frozen=True)
class HostConfig:
    """The settings in host.json, with Azure's defaults. `visibility_timeout` is the time until a failed message is
    retried.
    """

    route_prefix: str = "api"
    function_timeout: timedelta = timedelta(minutes=5)
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    batch_size: int = 16
    new_batch_threshold: int = 8
    message_encoding: str = "base64"
    max_polling_interval: timedelta = timedelta(minutes=1)

    @property
    def messages_at_once(self) -> int:
        """The number of queue messages that one instance handles concurrently. It is larger than a batch, because the
        next batch is fetched before the current one is complete.
        """
        return self.batch_size + self.new_batch_threshold


def messages_at_once() -> int:
    """The number of queue messages that one instance of this project handles concurrently (host.json). Raises
    HostError.
    """
    return load_config(Path(__file__).resolve().parents[2] / "host.json").messages_at_once


def load_config(file: Path) -> HostConfig:
    """Read host.json. Raises HostError."""
    try:
        document = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise HostError(f"{file.name} cannot be read: {error}") from error
    extensions = document.get("extensions", {})
    queues = extensions.get("queues", {})
    batch_size = queues.get("batchSize", HostConfig.batch_size)
    return HostConfig(
        route_prefix=extensions.get("http", {}).get("routePrefix", HostConfig.route_prefix).strip("/"),
        function_timeout=_duration(document.get("functionTimeout", "00:05:00")),
        max_dequeue_count=queues.get("maxDequeueCount", HostConfig.max_dequeue_count),
        visibility_timeout=_duration(queues.get("visibilityTimeout", "00:00:00")),
        batch_size=batch_size,
        new_batch_threshold=queues.get("newBatchThreshold", batch_size // 2),
        message_encoding=queues.get("messageEncoding", HostConfig.message_encoding),
        max_polling_interval=_duration(queues.get("maxPollingInterval", "00:01:00")),
    )


def _duration(text: str) -> timedelta:
    try:
        hours, minutes, seconds = (int(part) for part in text.split(":"))
    except ValueError as error:
        raise HostError(f"host.json: {text!r} is not a duration like 00:05:00") from error
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """Replace each %NAME% with an app setting. Like the real host, raises HostError if a name is unknown."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in settings:
            raise HostError(f"%{match[1]}% in a binding: there is no app setting with that name")
        return settings[match[1]]

    return re.sub(r"%([^%]+)%", value, text)
