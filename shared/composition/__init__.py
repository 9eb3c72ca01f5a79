"""The one place where real parts are put together. Tests and the local stack put theirs together the same way.

Parts are imported and made on first use: a cold start pays for what the request needs and for nothing else
(budget of bench/README.md; tests/conformance/test_cold_start.py). Each layer stands on the one before it:

    foundation.py   settings, storage, secrets, time     mailboxes.py    equipment mailboxes, by Graph or EWS
    identity.py     who is calling                       scheduling.py   policy, processor, timers
    addin.py        what the add-in asks for         administration.py  the management API

conferences.py chooses where conferences live, for all of these and for the erasure of a person's data.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from shared.clock import Clock, SystemClock
from shared.composition.scheduling import Scheduling
from shared.settings import Settings, load_settings

if TYPE_CHECKING:
    from shared.management import Management


class Services(Scheduling):
    """The product's parts, wired together for one process."""

    @cached_property
    def management(self) -> Management:
        """The management API; a cold start for others does not pay for it."""
        from shared.composition.administration import management_over

        return management_over(self)


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """The real parts for these settings."""
    return Services(settings, None, None, clock or SystemClock())


_installed: list[Services] = []


def install(services: Services) -> None:
    """Make these the process's parts, in place of those that the environment would give."""
    _installed[:] = [services]


def services() -> Services:
    """The process's parts; made from the environment on first use. Raises SettingsError."""
    if not _installed:
        install(build(load_settings(os.environ)))
    return _installed[0]
