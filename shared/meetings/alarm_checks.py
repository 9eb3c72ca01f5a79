"""Raises alarms when a symptom is seen, and clears them when it is gone. Never runs during a request (O1, A7)."""

from datetime import timedelta

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.aliases.allocation import NEARLY_FULL, alias_format
from shared.integrations import Integration
from shared.integrations.domains import lacks_domains
from shared.meetings.processor import Processor
from shared.meetings.symptoms import disproves

MAX_OPERATIONS_READ = 200
"""Maximum number of operations checked to find one that disproves a symptom."""

NUMBERS = frozenset({"scheduled_alias_prefix", "scheduled_alias_suffix_length"})
"""Settings that determine the number space."""

OPERATIONS_READ_SINCE = timedelta(days=1)
"""How far back the search goes. Older operations have been checked by earlier sweeps."""


async def check_mailbox_settings(processor: Processor, alarms: Alarms) -> None:
    """Raise or clear the alarm about the mailbox's settings. Costs one point read if nothing is wrong."""
    records, now, uuid = processor.records, processor.clock.now(), processor.integration.uuid
    mark = await records.symptom()
    if mark is None:
        return
    async for operation in records.recent(max(mark.seen, now - OPERATIONS_READ_SINCE), now, MAX_OPERATIONS_READ):
        if disproves(operation, mark):
            # The mark is removed last, so that a crash before then repeats all of this.
            await alarms.clear(uuid, AlarmKind.MAILBOX_SETTINGS)
            await records.forget_symptom(mark)
            return
    await alarms.raise_(uuid, AlarmKind.MAILBOX_SETTINGS, mark.cause)


async def forget_mailbox(processor: Processor, alarms: Alarms) -> None:
    """Called when the integration has a new mailbox, because symptoms of the old mailbox's settings no longer
    matter.
    """
    if mark := await processor.records.symptom():
        await processor.records.forget_symptom(mark)
    await alarms.clear(processor.integration.uuid, AlarmKind.MAILBOX_SETTINGS)


async def check_domains(integration: Integration, alarms: Alarms) -> None:
    """Raise the alarm about metadata domains if none is set. Alarms.clear_unused clears it once one is."""
    if lacks_domains(integration):
        cause = "No metadata domain is set: Exchange identity tokens cannot be verified, so nobody can use the add-in."
        await alarms.raise_(integration.uuid, AlarmKind.DOMAINS, cause)


async def check_number_space(processor: Processor, alarms: Alarms) -> None:
    """Raise or clear the alarm about the number space, based on an estimate of how full it is."""
    uuid = processor.integration.uuid
    share = await processor.decider.allocator.share_in_use(alias_format(processor.integration))
    if share >= NEARLY_FULL:
        await alarms.raise_(uuid, AlarmKind.NUMBER_SPACE, f"About {share:.0%} of the numbers are in use.")
    else:
        await alarms.clear(uuid, AlarmKind.NUMBER_SPACE)
