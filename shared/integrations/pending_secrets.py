"""Secrets of a save in progress."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from types import TracebackType

from pydantic import SecretStr

from shared.errors import Conflict, NotFound, SchedulingError, SettingsInvalid
from shared.secrets import SecretReference, SecretStore

_log = logging.getLogger(__name__)

_REFUSED = (SettingsInvalid, Conflict, NotFound)
"""Errors that mean nothing was saved. After any other error the row may have been written, so the values must be kept.
"""


class PendingSecrets:
    """Stores a save's secrets once, and deletes them again if the save is rejected.

    async with PendingSecrets(secrets, uuid) as keep:
        references = await keep(given)      # may be called again if the save is repeated
        …                                   # a rejection here leaves the secret store unchanged
    """

    def __init__(self, secrets: SecretStore, uuid: str) -> None:
        self._secrets = secrets
        self._uuid = uuid
        self._references: dict[str, SecretReference] = {}

    async def __call__(self, given: Mapping[str, SecretStr]) -> Mapping[str, SecretReference]:
        """Store the given values and return references to them, keyed by setting. The reference to an empty value is
        empty.
        """
        for name in given.keys() - self._references.keys():
            empty = not given[name].get_secret_value()
            self._references[name] = (
                SecretReference("") if empty else await self._secrets.set(self._uuid, name, given[name])
            )
        return dict(self._references)

    async def __aenter__(self) -> PendingSecrets:
        """Begin a save. Nothing is stored yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Delete the stored values if the save was rejected."""
        if isinstance(error, _REFUSED):
            await drop(self._secrets, self._references.values())


async def drop(secrets: SecretStore, references: Iterable[SecretReference]) -> None:
    """Delete values that are no longer referenced. If a value cannot be deleted, the failure is logged and the unused
    value stays.
    """
    for reference in references:
        if not reference:
            continue
        try:
            await secrets.delete(reference)
        except SchedulingError as error:
            _log.warning("Unused secret %s could not be deleted; delete it manually: %s", reference, error)
