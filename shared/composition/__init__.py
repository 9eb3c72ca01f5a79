"""Composes the real parts of the product. Tests and the local stack substitute parts of their own.

Parts are imported and created on first use, so that a cold start only pays for what the request needs (bench/README.md
has the budget, and tests/conformance/test_cold_start.py checks it). The groups are plain classes for the same reason:
creating seven dataclasses takes as long as the webhook's own work. Each group takes the groups that it depends on:

    foundation.py   settings, storage, secrets, time    conferences.py     platforms, policy
    identity.py     authentication of callers           scheduling.py      webhook, worker, timers
    addin.py        the add-in's server side            administration.py  management API, doctor
    mailboxes.py    equipment mailboxes, through Graph or EWS

conferences.py chooses the platform of conferences for all of these and for the erasure of a person's data.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shared.clock import Clock, SystemClock
from shared.composition.addin import AddIn
from shared.composition.administration import Administration
from shared.composition.conferences import Conferences
from shared.composition.foundation import Foundation
from shared.composition.identity import Identity
from shared.composition.mailboxes import Mailboxes
from shared.composition.scheduling import Scheduling
from shared.settings import Settings, load_settings

if TYPE_CHECKING:
    from shared.secrets import SecretStore
    from shared.storage import Storage


class Services:
    """The product's parts, wired together for one process.

    `storage` and `secrets` replace those in the settings.
    """

    def __init__(self, settings: Settings, storage: Storage | None, secrets: SecretStore | None, clock: Clock) -> None:
        base = self.foundation = Foundation(settings, storage, secrets, clock)
        self.identity = Identity(base)
        self.conferences = Conferences(base)
        self.addin = AddIn(base, self.identity, self.conferences)
        self.mailboxes = Mailboxes(base, self.identity)
        self.scheduling = Scheduling(base, self.mailboxes, self.conferences)
        self.administration = Administration(base, self.identity, self.addin, self.mailboxes, self.scheduling)

    async def close(self) -> None:
        """Close all connections, in reverse order of creation."""
        await self.foundation.close()


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """The real parts for these settings."""
    return Services(settings, None, None, clock or SystemClock())


_installed: list[Services] = []


def install(services: Services) -> None:
    """Use these as the process's parts, instead of those from the environment."""
    _installed[:] = [services]


def services() -> Services:
    """The process's parts; created from the environment on first use. Raises SettingsError."""
    if not _installed:
        install(build(load_settings(os.environ)))
    return _installed[0]
