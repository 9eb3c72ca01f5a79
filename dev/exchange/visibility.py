"""VisibleMeetingUpdateProperties, which determines the updates that attendees see in their Inbox after answering.

The setting is a list such as "Location,AllProperties:15". In this example, a change of location is always visible, and
any other change only within 15 minutes before the start. Changes of time and recurrence are always visible.
"""

from collections.abc import Iterator
from datetime import timedelta

from dev.exchange.model import Meeting

#: The setting only exists in Exchange Online. On-premises, every update is visible.
ON_PREMISES = "Location,Subject,Body,AllProperties"


def is_visible(setting: str, before: Meeting, after: Meeting, left: timedelta) -> bool:
    """Whether an update reaches the Inbox. ``left`` is the time until the start (negative after it)."""
    if not before.same_time(after):
        return True
    changed = {"AllProperties", *_changed(before, after)}
    return any(name in changed and (limit is None or left <= limit) for name, limit in parts(setting))


def _changed(before: Meeting, after: Meeting) -> Iterator[str]:
    for name, attribute in (("Location", "location"), ("Subject", "subject"), ("Body", "body")):
        if getattr(before, attribute) != getattr(after, attribute):
            yield name


def parts(setting: str) -> Iterator[tuple[str, timedelta | None]]:
    """Parse the setting into properties, each with the time before the start during which it is visible (None: always).
    Raises ValueError for invalid minutes.
    """
    for item in setting.split(","):
        name, _, minutes = item.strip().partition(":")
        yield name, timedelta(minutes=int(minutes)) if minutes else None
