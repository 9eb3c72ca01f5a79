"""M1, T3: answers give times in the organizer's time zone, or say that the zone is unknown."""

import pytest

from shared.calendar.conference import Calendar
from shared.meetings.decision import Accept, Accepted
from shared.meetings.texts import acceptance
from tests.support.integrations import an_integration
from tests.support.meetings import at, booking, item


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "13:00 on 23/11/2026 to 14:00 on 23/11/2026."),
        ("UTC", "12:00 on 23/11/2026 to 13:00 on 23/11/2026."),
        ("", "12:00 on 23/11/2026 UTC to 13:00 on 23/11/2026 UTC."),
    ],
)
def test_times_are_in_the_organizers_zone_or_marked_as_utc(zone: str, said: str) -> None:
    integration = an_integration(accept_new_single_meeting_template="{{start_time}} to {{end_time}}.")
    accept = Accept(Accepted.NEW_SINGLE, booking(), Calendar((at(3),)))
    assert acceptance(integration, accept, item(zone=zone)) == said
