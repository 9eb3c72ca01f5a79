"""Use of a complete mailbox through the real msgraph-sdk's typed models, without the product's own client.

All requests and responses are also checked (tests/support/graph_judge.py). A test fails if the SDK's models cannot
represent a response, or alter it.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.attendee_type import AttendeeType
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.calendar import Calendar
from msgraph.generated.models.calendar_color import CalendarColor
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_message import EventMessage
from msgraph.generated.models.event_message_request import EventMessageRequest
from msgraph.generated.models.event_message_response import EventMessageResponse
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.free_busy_status import FreeBusyStatus
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.location import Location
from msgraph.generated.models.mail_folder import MailFolder
from msgraph.generated.models.meeting_message_type import MeetingMessageType
from msgraph.generated.models.meeting_request_type import MeetingRequestType
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.response_type import ResponseType
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.models.time_slot import TimeSlot
from msgraph.generated.users.item.calendar_view.calendar_view_request_builder import CalendarViewRequestBuilder
from msgraph.generated.users.item.events.item.accept.accept_post_request_body import AcceptPostRequestBody
from msgraph.generated.users.item.events.item.cancel.cancel_post_request_body import CancelPostRequestBody
from msgraph.generated.users.item.events.item.decline.decline_post_request_body import DeclinePostRequestBody
from msgraph.generated.users.item.events.item.event_item_request_builder import EventItemRequestBuilder
from msgraph.generated.users.item.events.item.forward.forward_post_request_body import (
    ForwardPostRequestBody as ForwardEvent,
)
from msgraph.generated.users.item.events.item.instances.instances_request_builder import InstancesRequestBuilder
from msgraph.generated.users.item.events.item.tentatively_accept.tentatively_accept_post_request_body import (
    TentativelyAcceptPostRequestBody,
)
from msgraph.generated.users.item.mail_folders.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.item.messages.item.create_reply.create_reply_post_request_body import (
    CreateReplyPostRequestBody,
)
from msgraph.generated.users.item.messages.item.forward.forward_post_request_body import ForwardPostRequestBody
from msgraph.generated.users.item.messages.item.message_item_request_builder import MessageItemRequestBuilder
from msgraph.generated.users.item.messages.item.move.move_post_request_body import MovePostRequestBody
from msgraph.generated.users.item.messages.item.reply.reply_post_request_body import ReplyPostRequestBody
from msgraph.generated.users.item.messages.item.reply_all.reply_all_post_request_body import ReplyAllPostRequestBody
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody

from tests.support.exchange_world import ALICE, BOB, CAROL, VMR, ExchangeWorld, Webhook

ZONE = "W. Europe Standard Time"


@pytest.fixture
def alice(sdk: Any) -> Any:
    return sdk.users.by_user_id(ALICE)


@pytest.fixture
def vmr(sdk: Any) -> Any:
    return sdk.users.by_user_id(VMR)


def asking(kind: Any, **query: Any) -> Any:
    """A builder's request configuration with these query parameters and immutable ids."""
    found = RequestConfiguration(query_parameters=kind(**query))
    found.headers.add("Prefer", 'IdType="ImmutableId"')
    return found


def to(address: str) -> Recipient:
    return Recipient(email_address=EmailAddress(address=address))


def wall(text: str) -> DateTimeTimeZone:
    return DateTimeTimeZone(date_time=text, time_zone=ZONE)


def html(text: str) -> ItemBody:
    return ItemBody(content_type=BodyType.Html, content=text)


def invitation(**fields: Any) -> Event:
    """An event on Monday 2030-03-04 at nine in Berlin. The mailbox is a resource, and Bob is an optional attendee."""
    attendees = [
        Attendee(type=AttendeeType.Resource, email_address=EmailAddress(address=VMR)),
        Attendee(type=AttendeeType.Optional, email_address=EmailAddress(address=BOB)),
    ]
    return Event(
        **(
            {
                "subject": "Review",
                "body": html("<p>Hello</p>"),
                "start": wall("2030-03-04T09:00:00"),
                "end": wall("2030-03-04T10:00:00"),
                "location": Location(display_name="Room 1"),
                "attendees": attendees,
            }
            | fields
        )
    )


WEEKLY = PatternedRecurrence(
    pattern=RecurrencePattern(type=RecurrencePatternType.Weekly, interval=1, days_of_week=[DayOfWeek.Monday]),
    range=RecurrenceRange(
        type=RecurrenceRangeType.Numbered, start_date=date(2030, 3, 4), number_of_occurrences=4
    ),
)  # fmt: skip


async def newest(user: Any) -> Any:
    """The newest message in the Inbox, with its event."""
    query = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters
    page = await user.mail_folders.by_mail_folder_id("inbox").messages.get(asking(query, top=1))
    query = MessageItemRequestBuilder.MessageItemRequestBuilderGetQueryParameters
    expanding = asking(query, expand=["microsoft.graph.eventMessage/event"])
    return await user.messages.by_message_id(page.value[0].id).get(expanding)


class TestOrganizing:
    async def test_a_meeting_is_sent_moved_and_cancelled(self, alice: Any, vmr: Any) -> None:
        made = await alice.events.post(invitation())
        assert (made.subject, made.type, made.is_organizer) == ("Review", EventType.SingleInstance, True)
        assert made.start.date_time == "2030-03-04T08:00:00.0000000"
        assert (made.original_start_time_zone, made.show_as) == (ZONE, FreeBusyStatus.Busy)
        assert [(a.type, a.email_address.address) for a in made.attendees] == [
            (AttendeeType.Optional, BOB),
            (AttendeeType.Resource, VMR),
        ]
        request = await newest(vmr)
        assert isinstance(request, EventMessageRequest)
        assert request.meeting_message_type is MeetingMessageType.MeetingRequest
        assert request.meeting_request_type is MeetingRequestType.NewMeetingRequest
        assert (request.event.i_cal_u_id, request.location.display_name) == (made.i_cal_u_id, "Room 1")
        assert "<p>Hello</p>" in request.event.body.content

        change = Event(start=wall("2030-03-04T11:00:00"), end=wall("2030-03-04T12:00:00"))
        changed = await alice.events.by_event_id(made.id).patch(change)
        assert changed.end.date_time == "2030-03-04T11:00:00.0000000"
        update = await newest(vmr)
        assert update.meeting_request_type is MeetingRequestType.FullUpdate
        assert update.previous_start_date_time.date_time == "2030-03-04T08:00:00.0000000"
        assert update.start_date_time.date_time == "2030-03-04T10:00:00.0000000"

        await alice.events.by_event_id(made.id).cancel.post(CancelPostRequestBody(comment="Off"))
        gone = await newest(vmr)
        assert type(gone) is EventMessage
        assert gone.meeting_message_type is MeetingMessageType.MeetingCancelled
        assert gone.event.is_cancelled
        with pytest.raises(ODataError) as caught:
            await alice.events.by_event_id(made.id).get()
        assert (caught.value.response_status_code, caught.value.error.code) == (404, "ErrorItemNotFound")
        assert caught.value.error.inner_error.request_id

    async def test_deleting_a_meeting_cancels_it(self, alice: Any, vmr: Any) -> None:
        made = await alice.events.post(invitation())
        await alice.events.by_event_id(made.id).delete()
        assert (await newest(vmr)).meeting_message_type is MeetingMessageType.MeetingCancelled
        assert (await alice.events.get()).value == []

    async def test_a_series_and_its_occurrences_can_be_changed(self, alice: Any, vmr: Any) -> None:
        made = await alice.events.post(invitation(recurrence=WEEKLY))
        assert made.type is EventType.SeriesMaster
        assert (made.recurrence.pattern.days_of_week, made.recurrence.range.number_of_occurrences) == (
            [DayOfWeek.Monday],
            4,
        )
        master = alice.events.by_event_id(made.id)
        window = {"start_date_time": "2030-03-01T00:00:00Z", "end_date_time": "2030-05-01T00:00:00Z"}
        query = asking(InstancesRequestBuilder.InstancesRequestBuilderGetQueryParameters, **window)
        _, second, third, _ = (await master.instances.get(query)).value
        assert second.series_master_id
        await alice.events.by_event_id(second.id).patch(Event(location=Location(display_name="Elsewhere")))
        assert (await newest(vmr)).location.display_name == "Elsewhere"
        await alice.events.by_event_id(third.id).delete()
        assert (await newest(vmr)).event.is_cancelled

        item = EventItemRequestBuilder.EventItemRequestBuilderGetQueryParameters
        select = ["id", "type", "start", "end", "cancelledOccurrences", "originalStart"]
        known = await master.get(asking(item, select=select, expand=["exceptionOccurrences"]))
        assert len(known.cancelled_occurrences) == 1
        [changed] = known.exception_occurrences
        assert changed.type is EventType.Exception

        view = asking(CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters, **window)
        shown = (await vmr.calendar_view.get(view)).value
        assert [each.start.date_time[8:10] for each in shown if not each.is_cancelled] == ["04", "11", "25"]

    async def test_an_invitation_can_be_forwarded(self, alice: Any, vmr: Any, sdk: Any) -> None:
        await alice.events.post(invitation())
        [event] = (await vmr.events.get()).value
        body = ForwardEvent(to_recipients=[to(CAROL)], comment="See you")
        await vmr.events.by_event_id(event.id).forward.post(body)
        request = await newest(sdk.users.by_user_id(CAROL))
        assert (request.subject, request.sender.email_address.address) == ("FW: Review", VMR)
        assert request.from_.email_address.address == ALICE

    async def test_only_the_organizer_can_change_and_cancel(self, alice: Any, vmr: Any) -> None:
        await alice.events.post(invitation())
        [event] = (await vmr.events.get()).value
        mine = vmr.events.by_event_id(event.id)
        with pytest.raises(ODataError):
            await mine.patch(Event(subject="Mine"))
        with pytest.raises(ODataError, match="organizer"):
            await mine.cancel.post(CancelPostRequestBody())
        await mine.delete()
        assert (await vmr.events.get()).value == []


class TestResponding:
    async def test_an_acceptance_can_have_a_comment(self, alice: Any, vmr: Any) -> None:
        made = await alice.events.post(invitation())
        request = await newest(vmr)
        event = vmr.events.by_event_id(request.event.id)
        await event.accept.post(AcceptPostRequestBody(comment="Welcome", send_response=True))
        answer = await newest(alice)
        assert isinstance(answer, EventMessageResponse)
        assert answer.meeting_message_type is MeetingMessageType.MeetingAccepted
        assert answer.response_type is ResponseType.Accepted
        assert "Welcome" in answer.body.content
        attendees = (await alice.events.by_event_id(made.id).get()).attendees
        assert [a.status.response for a in attendees] == [ResponseType.None_, ResponseType.Accepted]
        item = EventItemRequestBuilder.EventItemRequestBuilderGetQueryParameters
        sequence = "Integer {00062002-0000-0000-C000-000000000046} Id 0x8201"
        asked = asking(item, expand=[f"singleValueExtendedProperties($filter=id eq '{sequence}')"])
        known = await event.get(asked)
        assert known.response_status.response is ResponseType.Accepted
        assert [each.value for each in known.single_value_extended_properties] == ["0"]

    async def test_an_invitation_can_be_answered_without_notifying_the_organizer(self, alice: Any, vmr: Any) -> None:
        await alice.events.post(invitation())
        request = await newest(vmr)
        await vmr.events.by_event_id(request.event.id).accept.post(AcceptPostRequestBody(send_response=False))
        assert (await alice.mail_folders.by_mail_folder_id("inbox").messages.get()).value == []

    async def test_another_time_can_be_proposed(self, alice: Any, vmr: Any) -> None:
        await alice.events.post(invitation())
        request = await newest(vmr)
        slot = TimeSlot(start=wall("2030-03-05T09:00:00"), end=wall("2030-03-05T10:00:00"))
        body = TentativelyAcceptPostRequestBody(comment="Later?", send_response=True, proposed_new_time=slot)
        await vmr.events.by_event_id(request.event.id).tentatively_accept.post(body)
        answer = await newest(alice)
        assert answer.meeting_message_type is MeetingMessageType.MeetingTenativelyAccepted
        assert answer.proposed_new_time.start.date_time == "2030-03-05T08:00:00.0000000"

    async def test_an_invitation_can_be_declined(self, alice: Any, vmr: Any) -> None:
        await alice.events.post(invitation())
        request = await newest(vmr)
        event = vmr.events.by_event_id(request.event.id)
        await event.decline.post(DeclinePostRequestBody(comment="No", send_response=True))
        assert (await newest(alice)).response_type is ResponseType.Declined
        assert (await vmr.events.get()).value == []


class TestMail:
    async def test_folders_can_be_read(self, vmr: Any) -> None:
        folders = (await vmr.mail_folders.get()).value
        assert {"Inbox", "Drafts", "Sent Items", "Deleted Items"} <= {each.display_name for each in folders}
        inbox = vmr.mail_folders.by_mail_folder_id("inbox")
        assert (await inbox.get()).total_item_count == 0
        mark = SingleValueLegacyExtendedProperty(
            id="String {6b1c7c0e-52f0-4f0e-9c8e-2f6f5d3a7b11} Name Mark", value="1"
        )
        assert (await inbox.patch(MailFolder(single_value_extended_properties=[mark]))).display_name == "Inbox"
        assert (await vmr.calendar.get()).color is CalendarColor.Auto
        assert (await vmr.calendar.patch(Calendar(color=CalendarColor.Auto))).is_default_calendar

    async def test_mail_is_drafted_sent_and_answered(self, alice: Any, vmr: Any, world: ExchangeWorld) -> None:
        mail = Message(subject="Hello", body=html("<p>How?</p>"), to_recipients=[to(VMR)], cc_recipients=[to(BOB)])
        draft = await alice.messages.post(mail)
        assert draft.is_draft
        changed = await alice.messages.by_message_id(draft.id).patch(Message(subject="Hello again"))
        assert changed.subject == "Hello again"
        await alice.messages.by_message_id(draft.id).send.post()
        [sent] = (await alice.mail_folders.by_mail_folder_id("sentitems").messages.get()).value
        assert (sent.subject, sent.is_draft) == ("Hello again", False)

        got = await newest(vmr)
        assert (type(got), got.is_read) == (Message, False)
        assert [each.email_address.address for each in (*got.to_recipients, *got.cc_recipients)] == [VMR, BOB]
        item = vmr.messages.by_message_id(got.id)
        assert (await item.patch(Message(is_read=True))).is_read
        await item.reply.post(ReplyPostRequestBody(comment="Well."))
        await item.reply_all.post(ReplyAllPostRequestBody(comment="All well."))
        await item.forward.post(ForwardPostRequestBody(comment="See below", to_recipients=[to(CAROL)]))
        answer = await item.create_reply.post(CreateReplyPostRequestBody(comment="And"))
        await vmr.messages.by_message_id(answer.id).send.post()
        assert [each["subject"] for each in await world.received(ALICE)] == ["RE: Hello again"] * 3
        assert [each["subject"] for each in await world.received(BOB)] == ["Hello again", "RE: Hello again"]
        assert [each["subject"] for each in await world.received(CAROL)] == ["FW: Hello again"]

        moved = await item.move.post(MovePostRequestBody(destination_id="deleteditems"))
        deleted = vmr.mail_folders.by_mail_folder_id("deleteditems")
        assert moved.parent_folder_id == (await deleted.get()).id
        await vmr.messages.by_message_id(moved.id).delete()
        assert (await deleted.messages.get()).value == []

    async def test_mail_can_be_sent_without_a_draft(self, alice: Any, vmr: Any) -> None:
        mail = Message(subject="At once", body=html("<p>x</p>"), to_recipients=[to(VMR)])
        await alice.send_mail.post(SendMailPostRequestBody(message=mail, save_to_sent_items=False))
        assert (await newest(vmr)).subject == "At once"
        assert (await alice.mail_folders.by_mail_folder_id("sentitems").messages.get()).value == []
        with pytest.raises(ODataError) as caught:
            await alice.send_mail.post(SendMailPostRequestBody(message=Message(subject="To nobody")))
        assert caught.value.error.code == "ErrorInvalidRecipients"

    async def test_lists_have_pages_and_delta_queries(self, alice: Any, vmr: Any) -> None:
        for number in range(3):
            mail = Message(subject=f"Mail {number}", to_recipients=[to(VMR)])
            await alice.send_mail.post(SendMailPostRequestBody(message=mail))
        messages = vmr.mail_folders.by_mail_folder_id("inbox").messages
        query = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters
        asked = asking(query, top=2, select=["subject"], orderby=["receivedDateTime"])
        first = await messages.get(asked)
        rest = await messages.with_url(first.odata_next_link).get()
        assert [each.subject for each in (*first.value, *rest.value)] == ["Mail 0", "Mail 1", "Mail 2"]

        found = await messages.delta.get()
        assert (len(found.value), found.odata_next_link) == (3, None)
        await vmr.messages.by_message_id(found.value[0].id).patch(Message(is_read=True))
        await vmr.messages.by_message_id(found.value[1].id).delete()
        again = await messages.delta.with_url(found.odata_delta_link).get()
        removed = [each.additional_data["@removed"] for each in again.value if "@removed" in each.additional_data]
        assert [each.is_read for each in again.value if each.subject] == [True]
        assert len(removed) == 1


class TestSubscribing:
    async def test_a_subscription_receives_notifications_until_it_expires(
        self, sdk: Any, alice: Any, world: ExchangeWorld, webhook: Webhook
    ) -> None:
        now = world.exchange.clock.now()
        wanted = Subscription(
            change_type="created",
            resource=f"users/{VMR}/mailFolders('inbox')/messages",
            notification_url=webhook.url,
            lifecycle_notification_url=webhook.url,
            client_state="secret",
            expiration_date_time=now + timedelta(days=6),
        )
        made = await sdk.subscriptions.post(wanted)
        assert (made.client_state, made.notification_url) == ("secret", webhook.url)
        mine = sdk.subscriptions.by_subscription_id(made.id)
        assert (await mine.get()).client_state is None
        longer = Subscription(expiration_date_time=(now + timedelta(days=7)).replace(microsecond=0))
        assert (await mine.patch(longer)).expiration_date_time == longer.expiration_date_time
        await mine.reauthorize.post()
        assert [each.id for each in (await sdk.subscriptions.get()).value] == [made.id]
        await alice.events.post(invitation())
        await webhook.until(lambda heard: len(heard.notices) == 1)
        await mine.delete()
        assert (await sdk.subscriptions.get()).value == []
