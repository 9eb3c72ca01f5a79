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
"""After these nothing was saved. After any other error the row may have been written, so the values must stay."""


class PendingSecrets:
    """Keeps the secrets of a save, once, and drops them again when the save is refused.

    async with KeptSecrets(secrets, uuid) as keep:
        references = await keep(given)      # however often the save is repeated
        …                                   # a refusal here leaves the secret store as it was
    """

    def __init__(self, secrets: SecretStore, uuid: str) -> None:
        self._secrets = secrets
        self._uuid = uuid
        self._references: dict[str, SecretReference] = {}

    async def __call__(self, given: Mapping[str, SecretStr]) -> Mapping[str, SecretReference]:
        """References of the given values by setting; an empty value has the empty reference."""
        for name in given.keys() - self._references.keys():
            empty = not given[name].get_secret_value()
            self._references[name] = (
                SecretReference("") if empty else await self._secrets.set(self._uuid, name, given[name])
            )
        return dict(self._references)

    async def __aenter__(self) -> PendingSecrets:
        """Nothing is kept yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Drop what was kept when the save was refused."""
        if isinstance(error, _REFUSED):
            await drop(self._secrets, self._references.values())


async def drop(secrets: SecretStore, references: Iterable[SecretReference]) -> None:
    """Forget values that nothing refers to any more. What cannot be deleted now is logged and stays, unused."""
    for reference in references:
        if not reference:
            continue
        try:
            await secrets.delete(reference)
        except SchedulingError as error:
            _log.warning("Unused secret %s could not be deleted; delete it by hand: %s", reference, error)
