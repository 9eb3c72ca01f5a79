"""Nightly upkeep of personal VMRs: brings the registry of aliases and names up to date (claims.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from shared.alarm_kinds import IN_USE, AlarmKind
from shared.alarms import Alarms
from shared.integrations import Integration
from shared.personal.store import VmrStore
from shared.personal.telling import IsServed, always
from shared.storage import Storage

AllIntegrations = Callable[[], Awaitable[Sequence[Integration]]]
"""Reads the outlines of all integrations, in ascending order of id."""


async def keep_vmrs_registered(
    storage: Storage, alarms: Alarms, all_integrations: AllIntegrations, is_served: IsServed = always
) -> None:
    """Finish interrupted work, and add VMRs stored by older versions to the registry. If an alias or name is already in
    use elsewhere, an alarm is raised for the VMR's integration, or for the first integration if the VMR belongs to all.
    """
    vmrs = VmrStore(storage, is_served=is_served)
    await vmrs.finish_deletions()
    await vmrs.finish_changes()
    if await vmrs.is_registered():
        return
    shared = await vmrs.register()
    integrations = await all_integrations()
    causes: defaultdict[str, list[str]] = defaultdict(list)
    uuids = [integration.uuid for integration in integrations]
    for id_, texts in shared.items():
        owner = (await vmrs.get(id_)).integration
        causes[owner if owner in uuids else next(iter(uuids), "")].append(f"conference {id_}: {', '.join(texts)}")
    for integration in integrations:
        if integration.uuid in causes and IN_USE[AlarmKind.DUPLICATE_ALIAS](integration):
            cause = f"Also used by another conference or a meeting: {'; '.join(causes[integration.uuid][:10])}."
            await alarms.raise_(integration.uuid, AlarmKind.DUPLICATE_ALIAS, cause)
        else:
            await alarms.clear(integration.uuid, AlarmKind.DUPLICATE_ALIAS)
    if not shared:
        await vmrs.mark_registered()
