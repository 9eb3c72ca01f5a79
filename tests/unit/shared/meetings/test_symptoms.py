"""Wrong mailbox settings are detected from their effects, and an alarm is raised and cleared (O1)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarm, Alarms
from shared.calendar.conference import Calendar
from shared.calendar.request import Answer, Kind, Update
from shared.intake.notice import LOOKS_FOR_ITEM, Notice
from shared.meetings.alarm_checks import check_mailbox_settings
from shared.meetings.decision import Accept, Accepted, Decision, Ignore, Refresh, Reject, Rejected
from shared.meetings.symptoms import Symptom, is_empty, symptom_of
from tests.fakes.mailbox import invitation
from tests.support.meetings import NOW, booking, item, request
from tests.support.meetings_world import MeetingsWorld, body

EMPTIED = '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html"></head><body>&nbsp;\r\n</body></html>'
ACCEPTED = Accept(Accepted.NEW_SINGLE, booking(), Calendar(()))
MOVED = Accept(Accepted.EDITED_SINGLE, booking(), Calendar(()))
UNTAGGED = Reject(Rejected.INVALID_ALIAS)


@pytest.mark.parametrize(
    ("changes", "decision", "symptom"),
    [
        ({}, ACCEPTED, None),
        ({"the_item": None}, Ignore("no item"), Symptom.NO_ITEM),
        ({"the_item": None, "kind": Kind.CANCELLATION}, Ignore("no item"), None),
        ({"body": ""}, UNTAGGED, Symptom.EMPTY),
        ({"body": EMPTIED}, UNTAGGED, Symptom.EMPTY),
        ({"body": EMPTIED}, Refresh(booking(), Calendar(())), None),
        ({"body": "<p>Lunch?</p>"}, UNTAGGED, None),
        ({"body": ""}, Reject(Rejected.SINGLE_PAST), None),
        ({"the_item": item(answer=Answer.ACCEPTED)}, ACCEPTED, Symptom.ANSWERED),
        ({"the_item": item(answer=Answer.DECLINED)}, UNTAGGED, Symptom.ANSWERED),
        ({"the_item": item(answer=Answer.ACCEPTED), "update": Update.FULL}, ACCEPTED, None),
        ({"the_item": item(answer=Answer.ACCEPTED)}, MOVED, None),
    ],
)
def test_each_wrong_setting_is_detected_by_its_symptom(
    changes: dict[str, Any], decision: Decision, symptom: Symptom | None
) -> None:
    changes = dict(changes)
    the_item = changes.pop("the_item", item())
    assert symptom_of(request(the_item, **changes), decision, NOW) is symptom


def test_an_answer_older_than_the_records_does_not_count_as_a_symptom() -> None:
    """Once storage has been restored from a backup, the records do not contain the product's own answer."""
    old = request(item(answer=Answer.ACCEPTED, answered_at=NOW))
    assert symptom_of(old, ACCEPTED, NOW) is Symptom.ANSWERED
    assert symptom_of(old, ACCEPTED, NOW + timedelta(minutes=5)) is None


@pytest.mark.parametrize("text", ["x" * 5000, " " * 5000, "<style>" * 2000])
def test_long_bodies_are_not_searched_for_symptoms(text: str) -> None:
    assert not is_empty(text)


class Site(MeetingsWorld):
    """A world with alarms that are updated by sweeps."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.alarms = Alarms(self.storage, self.clock)
        self._number = 0

    async def receive(self, text: str, **changes: Any) -> None:
        """Receive an invitation and process it completely."""
        self.clock.move(timedelta(seconds=1))
        self._number += 1
        sent = invitation(f"message-{self._number}", text, uid=f"uid-{self._number}")
        await self.process(self.mailbox.deliver(replace(sent, **changes)))

    async def receive_without_item(self) -> None:
        """Receive a request for which Exchange never creates a calendar item."""
        self._number += 1
        sent = replace(invitation(f"message-{self._number}"), item=None)
        notice = Notice(self.integration.uuid, self.mailbox.deliver(sent), itemless=LOOKS_FOR_ITEM)
        await self.processor().process(notice)

    async def raised(self) -> list[Alarm]:
        """The alarms after a sweep."""
        await check_mailbox_settings(self.processor(), self.alarms)
        return [alarm async for alarm in self.alarms.of(self.integration.uuid)]


async def test_the_alarm_stays_until_a_request_is_processed_normally() -> None:
    site = Site()
    await site.receive_without_item()
    [alarm] = await site.raised()
    assert alarm.kind is AlarmKind.MAILBOX_SETTINGS
    assert "AutomateProcessing None" in alarm.cause
    await site.receive("<p>declined, which proves nothing</p>")
    [again] = await site.raised()
    assert again.since == alarm.since
    await site.receive(body(await site.reserve()))
    assert await site.raised() == []
    assert await site.raised() == []


async def test_normal_requests_before_the_symptom_do_not_clear_the_alarm() -> None:
    site = Site()
    await site.receive(body(await site.reserve()))
    await site.receive("")
    [alarm] = await site.raised()
    assert "DeleteComments" in alarm.cause


async def test_a_newer_symptom_updates_the_cause_in_the_alarm() -> None:
    site = Site()
    await site.receive_without_item()
    await site.raised()
    await site.receive("")
    [alarm] = await site.raised()
    assert "DeleteComments" in alarm.cause


async def test_an_answer_sent_by_exchange_on_its_own_is_a_symptom() -> None:
    site = Site()
    sent = invitation("message-9", body(await site.reserve()), uid="uid-9")
    assert sent.item
    sent = replace(sent, item=replace(sent.item, answer=Answer.ACCEPTED))
    await site.process(site.mailbox.deliver(sent))
    [alarm] = await site.raised()
    assert "AutoAccept" in alarm.cause


async def test_the_check_costs_one_read_without_symptoms_and_few_reads_otherwise() -> None:
    site = Site()
    await site.receive(body(await site.reserve()))
    before = site.storage.round_trips
    await check_mailbox_settings(site.processor(), site.alarms)
    assert site.storage.round_trips - before == 1
    await site.receive("")
    site.clock.move(timedelta(days=300))
    before = site.storage.round_trips
    await check_mailbox_settings(site.processor(), site.alarms)
    assert site.storage.round_trips - before <= 6


async def test_recording_a_symptom_costs_no_round_trip() -> None:
    site = Site()
    await site.receive("<p>Hello</p>")
    before = site.storage.round_trips
    await site.receive("<p>Hello</p>")
    usual = site.storage.round_trips - before
    await site.receive("")
    assert site.storage.round_trips - before == 2 * usual
