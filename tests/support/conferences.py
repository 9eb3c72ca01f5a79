"""Conferences for tests. Each test specifies only the fields that matter to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.bookings.booking import Booking
from shared.calendar.conference import Calendar, Conference, Occurrence

INTEGRATION = "11111111-1111-4111-8111-111111111111"
TAG = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
OTHER_TAG = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def occurrence(hours: float = 0, length: float = 1) -> Occurrence:
    """An occurrence this many hours after START."""
    return Occurrence(START + hours * HOUR, START + (hours + length) * HOUR)


def conference(*occurrences: Occurrence, **changes: Any) -> Conference:
    """A conference at START, open from 30 minutes before to 60 minutes after."""
    base = Conference(
        name="Budget of Alice",
        description="Planning",
        subject="Budget",
        alias="meet123456@example.com",
        numeric_alias="meet123456",
        service_tag=f"{INTEGRATION}:{TAG}",
        theme="",
        identity_provider_group="",
        non_idp_participants="disallow_all",
        buffer_before=30,
        buffer_after=60,
        calendar=Calendar(occurrences or (occurrence(),)),
    )
    return replace(base, **changes)


def booking(tag: str = TAG, alias: str = "meet123456@example.com") -> Booking:
    """A reservation for half a year."""
    created = START - timedelta(days=1)
    return Booking(INTEGRATION, tag, alias, "user", created, created + timedelta(days=180))


def scheduled(tag: str = TAG, alias: str = "meet123456@example.com", **changes: Any) -> Booking:
    """A booking with a conference."""
    return booking(tag, alias).scheduled("meeting", "item", conference(**changes))
