"""Responses that a healthy Exchange never sends. Each raises one of the product's errors, and no message is lost."""

from collections.abc import Awaitable
from typing import Any

import pytest

from shared.calendar.request import Answer
from shared.errors import RateLimited, Unavailable
from shared.mailboxes.ews import connection
from shared.mailboxes.ews.failures import EwsError, EwsUnavailable, Trouble
from shared.mailboxes.ews.mailbox import EwsMailbox
from shared.mailboxes.mailbox import CalendarItemGone, Folder, Mail, MessageNotFound
from tests.support.exchange_world import ALICE, BOB, ExchangeWorld

SPOILT: list[tuple[dict[str, Any], Trouble]] = [
    ({"action": "truncate"}, Trouble.UNREADABLE),
    ({"action": "bomb"}, Trouble.UNREADABLE),
    ({"action": "oversize", "megabytes": 40}, Trouble.UNREADABLE),
    ({"action": "html"}, Trouble.NOT_EWS),
    ({"action": "crash"}, Trouble.UNREACHABLE),
    ({"action": "hang", "seconds": 30}, Trouble.SILENT),
    ({"action": "soap_fault", "code": "ErrorInternalServerError"}, Trouble.OTHER),
    ({"action": "soap_fault", "code": "ErrorInternalServerError", "status": 200}, Trouble.OTHER),
    ({"action": "soap_fault", "code": "ErrorOfNobodysKnowledge"}, Trouble.UNREADABLE),
    ({"action": "error", "code": "ErrorMailboxStoreUnavailable"}, Trouble.OTHER),
    ({"action": "error", "code": "ErrorOfNobodysKnowledge"}, Trouble.OTHER),
    ({"status": 500}, Trouble.OTHER),
    ({"status": 502}, Trouble.UNREACHABLE),
    ({"status": 403}, Trouble.ACCESS),
    ({"status": 404}, Trouble.NOT_EWS),
]
NAMES = ["-".join(str(part) for part in fault.values()) for fault, _ in SPOILT]


@pytest.fixture(autouse=True)
def _short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.Line, "TIMEOUT", (5.0, 1.5))


async def failing(call: Awaitable[object]) -> EwsUnavailable:
    with pytest.raises(EwsUnavailable) as caught:
        await call
    return caught.value


@pytest.mark.parametrize(("fault", "expected"), SPOILT, ids=NAMES)
async def test_messages_are_still_found_after_a_bad_response(
    world: ExchangeWorld, mailbox: EwsMailbox, fault: dict[str, Any], expected: Trouble
) -> None:
    """A truncated page of changes must not count as complete, or messages would be lost."""
    await world.meet()
    await world.fault(on="EWS SyncFolderItems", **fault)
    assert (await failing(mailbox.changes(Folder.INBOX, ""))).trouble is expected
    assert len((await mailbox.changes(Folder.INBOX, "")).message_ids) == 1


@pytest.mark.parametrize(("fault", "expected"), SPOILT, ids=NAMES)
async def test_a_message_can_still_be_read_after_a_bad_response(
    world: ExchangeWorld, mailbox: EwsMailbox, fault: dict[str, Any], expected: Trouble
) -> None:
    await world.meet()
    [message] = (await mailbox.changes(Folder.INBOX, "")).message_ids
    times = 4 if fault.get("action") == "oversize" else 1  # if a message is too large, it is requested in other ways
    await world.fault(on="EWS GetItem", times=times, **fault)
    assert (await failing(mailbox.read(message))).trouble is expected
    assert await mailbox.read(message) is not None


@pytest.mark.parametrize(("fault", "expected"), SPOILT, ids=NAMES)
async def test_a_response_is_sent_at_most_once(
    world: ExchangeWorld, mailbox: EwsMailbox, fault: dict[str, Any], expected: Trouble
) -> None:
    await world.meet()
    [message] = (await mailbox.changes(Folder.INBOX, "")).message_ids
    request = await mailbox.read(message)
    assert request is not None
    assert request.item is not None
    await world.fault(on="EWS CreateItem", **fault)
    assert (await failing(mailbox.answer(request.item.id, Answer.ACCEPTED, "Welcome"))).trouble is expected
    sent = [m for m in await world.received(ALICE) if m["kind"] == "accepted"]
    item = await mailbox.item(request.item.id)
    assert item is not None
    assert len(sent) == (item.answer is Answer.ACCEPTED), "Exchange has recorded the answer if it was sent"
    assert len(sent) <= 1


async def test_ascii_text_in_a_wrong_charset_can_still_be_read(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    await world.meet(subject="Réunion", body_html="<p>PXPS:-5e0ad6a0-8f0c-4f5c-9e2e-7a1b1f0d3c11#</p>")
    [message] = (await mailbox.changes(Folder.INBOX, "")).message_ids
    await world.fault(on="EWS GetItem", action="charset")
    try:
        request = await mailbox.read(message)
    except Unavailable:
        request = await mailbox.read(message)
    assert request is not None
    assert "PXPS:-5e0ad6a0-8f0c-4f5c-9e2e-7a1b1f0d3c11#" in request.body


@pytest.mark.parametrize("code", ["ErrorServerBusy", "ErrorExceededConnectionCount", "ErrorTooManyObjectsOpened"])
async def test_every_error_that_means_busy_makes_the_client_wait(
    world: ExchangeWorld, mailbox: EwsMailbox, code: str
) -> None:
    await world.fault(on="EWS SyncFolderItems", action="soap_fault", code=code)
    with pytest.raises(RateLimited):
        await mailbox.changes(Folder.INBOX, "")


async def test_a_503_with_retry_after_is_respected(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    await world.fault(on="EWS SyncFolderItems", status=503, retry_after=90)
    with pytest.raises(RateLimited) as caught:
        await mailbox.changes(Folder.INBOX, "")
    assert caught.value.retry_after == 90


async def test_an_item_that_can_never_be_read_is_a_permanent_error(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    await world.meet()
    [message] = (await mailbox.changes(Folder.INBOX, "")).message_ids
    await world.fault(on="EWS GetItem", action="error", code="ErrorCorruptData")
    with pytest.raises(EwsError, match="ErrorCorruptData"):
        await mailbox.read(message)


@pytest.mark.parametrize(
    "code",
    [
        "ErrorCalendarIsCancelledForAccept",
        "ErrorItemNotFound",
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
        "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
    ],
)
async def test_an_item_deleted_before_it_is_answered_is_reported(
    world: ExchangeWorld, mailbox: EwsMailbox, code: str
) -> None:
    await world.meet()
    [message] = (await mailbox.changes(Folder.INBOX, "")).message_ids
    request = await mailbox.read(message)
    assert request is not None
    assert request.item is not None
    await world.fault(on="EWS CreateItem", action="error", code=code, times=2)
    with pytest.raises(CalendarItemGone):
        await mailbox.answer(request.item.id, Answer.ACCEPTED, "Welcome")
    assert [m for m in await world.received(ALICE) if m["kind"] == "accepted"] == []


async def test_an_item_whose_id_has_changed_is_found_by_its_old_id(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    await world.meet()
    [message] = (await mailbox.changes(Folder.INBOX, "")).message_ids
    request = await mailbox.read(message)
    assert request is not None
    assert request.item is not None
    old = request.item.id
    for _ in range(2):  # the first answer gives the item a new id
        await mailbox.answer(old, Answer.ACCEPTED, "Welcome")
    item = await mailbox.item(old)
    assert item is not None
    assert item.id != old
    assert item.answer is Answer.ACCEPTED


@pytest.mark.parametrize("known_as", ["", "|", "a|b|c|d|e", "x" * 5000, "stable|not-an-id", "stable|../../x|<a>&"])
async def test_invalid_message_ids_are_not_found(mailbox: EwsMailbox, known_as: str) -> None:
    """Queue messages may be old or come from another program."""
    with pytest.raises(MessageNotFound):
        await mailbox.read(known_as)


async def test_an_error_contains_nothing_from_the_mail(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    """Errors may be logged, so they must not quote mail (rule 6)."""
    await world.meet(subject="Layoffs", body_html="<p>Top secret</p>")
    [message] = (await mailbox.changes(Folder.INBOX, "")).message_ids
    for fault, _ in SPOILT[:4]:
        await world.fault(on="EWS GetItem", times=4 if fault["action"] == "oversize" else 1, **fault)
        error = await failing(mailbox.read(message))
        assert "Layoffs" not in str(error)
        assert "vmr@" not in str(error)


async def test_a_draft_that_could_not_be_sent_can_be_sent_later(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    draft = await mailbox.draft(Mail((BOB,), "Come in", "<p>Hello</p>"))
    await world.fault(on="EWS SendItem", status=500)
    await failing(mailbox.send(draft))
    await mailbox.send(draft)
    assert [m["kind"] for m in await world.received(BOB)] == ["mail"]
