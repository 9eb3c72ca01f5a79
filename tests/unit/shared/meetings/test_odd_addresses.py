"""Organizers' addresses as returned by real Exchange servers, and the text allowed in an e-mail header."""

from dataclasses import replace

import pytest

from shared.bookings.rows import meetings_table
from shared.bookings.stored import stored_booking
from shared.calendar.request import Answer, MeetingRequest, Person, mail_address
from shared.identity.caller import Caller
from tests.fakes.mailbox import invitation
from tests.support.meetings_world import MeetingsWorld, body, stored_integration

ODD = [
    "",
    "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=0a1b-alice",
    "/O=CORP/OU=SITE/CN=alice@example.com",
    "alice@example.com, mallory@example.net",
    "alice@example.com;mallory@example.net",
    "alice@example.com\x00",
    "alice\r\nBcc: mallory@example.net",
    "Alice <alice@example.com>",
    '"alice, the" @example.com',
    "alice",
    "@example.com",
    "alice@",
    "alice@bob@example.com",
    "alice\u2028@example.com",
    "al\ud800ice@example.com",
    "a" * 310 + "@example.com",
]


@pytest.mark.parametrize("odd", ODD)
def test_an_invalid_address_is_treated_as_missing(odd: str) -> None:
    assert mail_address(odd) == ""


@pytest.mark.parametrize(
    "good", ["alice@example.com", "Alice.O'Neill+x@EXAMPLE.com", "josé@example.com", "a/b=c@corp", "-@example.com"]
)
def test_valid_addresses_are_kept_unchanged(good: str) -> None:
    assert mail_address(good) == good


def from_(address: str, **changes: object) -> MeetingRequest:
    request = invitation(**changes)  # type: ignore[arg-type]
    assert request.item
    return replace(request, item=replace(request.item, organizer=Person("Alice", address)))


@pytest.mark.parametrize("odd", ODD)
async def test_an_organizer_without_an_address_is_answered_by_exchange_alone(odd: str) -> None:
    """Exchange can answer such an organizer, but a separate e-mail would not arrive, or would reach somebody else."""
    world = MeetingsWorld(stored_integration(response_format="html"))
    booking = await world.reserve()
    await world.process(world.mailbox.deliver(from_(odd, body=body(booking))))
    assert world.mailbox.mails == []
    [sent] = world.mailbox.answers
    assert sent.answer is Answer.ACCEPTED
    assert sent.text
    assert booking.alias in sent.text
    assert "<" not in sent.text


@pytest.mark.parametrize("odd", ODD)
async def test_late_instructions_go_to_attendees_with_an_address(odd: str) -> None:
    world = MeetingsWorld(stored_integration())
    request = from_(odd, body=world.promises.make(world.integration.uuid, Caller("alice", "test")))
    assert request.item
    attendees = ("bob@example.com", odd, "vmr@example.com")
    await world.process(world.mailbox.deliver(replace(request, item=replace(request.item, attendees=attendees))))
    [mail] = world.mailbox.mails
    assert (mail.recipients, mail.sender) == (("bob@example.com",), "")


async def test_instructions_do_not_go_to_an_address_that_only_folds_to_an_invited_one() -> None:
    """The Kelvin sign folds to a k, but the owner of the folded address was not invited."""
    world = MeetingsWorld(stored_integration())
    request = invitation(body=world.promises.make(world.integration.uuid, Caller("alice", "test")))
    assert request.item
    item = replace(request.item, attendees=("\N{KELVIN SIGN}ate@example.com", "Bob@example.com"))
    await world.process(world.mailbox.deliver(replace(request, item=item)))
    [mail] = world.mailbox.mails
    assert mail.recipients == ("alice@example.com", "\N{KELVIN SIGN}ate@example.com", "bob@example.com")


async def test_instructions_without_recipients_are_not_mailed() -> None:
    world = MeetingsWorld(stored_integration())
    promise = world.promises.make(world.integration.uuid, Caller("alice", "test"))
    await world.process(world.mailbox.deliver(from_("", body=promise)))
    assert world.mailbox.mails == []
    assert [sent.answer for sent in world.mailbox.answers] == [Answer.ACCEPTED]
    operation = await world.operation("message-1")
    assert operation
    assert operation.done


@pytest.mark.parametrize("subject", ["Plan\x00ning", "Plan\r\nBcc: mallory@example.net", "x" * 1000, "\ud800"])
async def test_a_subject_is_one_line_without_control_characters(subject: str) -> None:
    world = MeetingsWorld(stored_integration(response_format="html"))
    booking = await world.reserve()
    await world.process(world.mailbox.deliver(invitation(body=body(booking), subject=subject)))
    [mail] = world.mailbox.mails
    assert mail.subject.startswith("Accepted:")
    assert len(mail.subject) <= 255
    assert mail.subject.isprintable()
    assert b"\x00" not in mail.calendar


@pytest.mark.parametrize(
    ("template", "organizer", "owner"),
    [
        ("{{organizer_email}}", "alice@example.com", "alice@example.com"),
        ("A meeting", "alice@example.com", ""),
        *(("{{organizer_email}}", odd, "") for odd in ODD),
    ],
)
async def test_the_organizers_address_becomes_the_rooms_owner_if_the_settings_allow_it(
    template: str, organizer: str, owner: str
) -> None:
    texts = {f"conference_{name}_template": "x" for name in ("name", "subject")}
    world = MeetingsWorld(stored_integration(**texts, conference_description_template=template))
    booking = await world.reserve()
    await world.process(world.mailbox.deliver(from_(organizer, body=body(booking))))
    found = await stored_booking(meetings_table(world.storage), booking.integration, booking.tag)
    assert found
    assert found.conference
    assert found.conference.owner == owner
