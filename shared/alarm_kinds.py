"""The kinds of alarms: how severe they are, what to do about them, and which integrations they apply to (O1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from shared.integrations.domains import lacks_domains

if TYPE_CHECKING:
    from shared.integrations import Integration


class AlarmKind(StrEnum):
    """What is wrong."""

    CONNECTION = "connection_failed"
    SIGN_IN = "sign_in_needed"
    SUBSCRIPTION = "subscription_lost"
    MAILBOX_SETTINGS = "mailbox_settings"
    NUMBER_SPACE = "number_space_nearly_full"
    POISON = "poison_message"
    WAITING = "messages_waiting"
    ANSWER = "answer_refused"
    BRIDGE = "bridge_failed"
    HOUSEKEEPING = "housekeeping_failed"
    CLEANUP = "cleanup_failed"
    DUPLICATE_ALIAS = "duplicate_alias"
    QUOTA = "allocation_quota"
    COMPARISON = "calendar_comparison"
    DOMAINS = "metadata_domains_missing"
    ROOMS = "rooms_missing"
    ROOMS_LATE = "rooms_late"
    ROOM_NAME = "room_name_taken"
    ROOM_COMPARISON = "room_comparison"
    ROOM_ALIAS = "room_alias_taken"


class AlarmLevel(StrEnum):
    """Severity."""

    CRITICAL = "critical"
    """No meeting of the integration is scheduled until the problem is fixed."""
    ERROR = "error"
    """Some people do not get the service they should."""
    WARNING = "warning"
    """Users do not notice the problem yet, or it is corrected automatically."""


class AlarmType(NamedTuple):
    """What all alarms of a kind have in common.

    `identifier` is the kind's number for monitoring and is never reused.
    """

    identifier: int
    level: AlarmLevel


ALARM_TYPES: Mapping[AlarmKind, AlarmType] = {
    AlarmKind.CONNECTION: AlarmType(1, AlarmLevel.CRITICAL),
    AlarmKind.SIGN_IN: AlarmType(2, AlarmLevel.CRITICAL),
    AlarmKind.SUBSCRIPTION: AlarmType(3, AlarmLevel.WARNING),
    AlarmKind.MAILBOX_SETTINGS: AlarmType(4, AlarmLevel.ERROR),
    AlarmKind.NUMBER_SPACE: AlarmType(5, AlarmLevel.WARNING),
    AlarmKind.POISON: AlarmType(6, AlarmLevel.ERROR),
    AlarmKind.WAITING: AlarmType(7, AlarmLevel.ERROR),
    AlarmKind.ANSWER: AlarmType(8, AlarmLevel.ERROR),
    AlarmKind.BRIDGE: AlarmType(9, AlarmLevel.CRITICAL),
    AlarmKind.HOUSEKEEPING: AlarmType(10, AlarmLevel.ERROR),
    AlarmKind.CLEANUP: AlarmType(11, AlarmLevel.WARNING),
    AlarmKind.DUPLICATE_ALIAS: AlarmType(12, AlarmLevel.ERROR),
    AlarmKind.QUOTA: AlarmType(13, AlarmLevel.WARNING),
    AlarmKind.COMPARISON: AlarmType(14, AlarmLevel.WARNING),
    AlarmKind.DOMAINS: AlarmType(15, AlarmLevel.ERROR),
    AlarmKind.ROOMS: AlarmType(16, AlarmLevel.CRITICAL),
    AlarmKind.ROOMS_LATE: AlarmType(17, AlarmLevel.WARNING),
    AlarmKind.ROOM_NAME: AlarmType(18, AlarmLevel.WARNING),
    AlarmKind.ROOM_COMPARISON: AlarmType(19, AlarmLevel.WARNING),
    AlarmKind.ROOM_ALIAS: AlarmType(20, AlarmLevel.WARNING),
}

REMEDIES = {
    AlarmKind.CONNECTION: (
        "GET /api/admin/configuration/v1/ms_exchange_connector/<id>/doctor/ names the command that fixes the app's "
        "grant for the equipment mailbox, its credentials, or the connection to Exchange."
    ),
    AlarmKind.SIGN_IN: (
        "Sign in the service account again: POST /api/admin/configuration/v1/ms_exchange_connector/<id>/sign_in/ "
        "returns the link. Open it in a private window."
    ),
    AlarmKind.SUBSCRIPTION: (
        "Check that PUBLIC_BASE_URL is the app's public address and that nothing in front of it blocks POST "
        "/mailbox/notifications. Until then the sweep finds the meetings."
    ),
    AlarmKind.MAILBOX_SETTINGS: (
        "Run: Set-CalendarProcessing <mailbox> -AutomateProcessing AutoUpdate -DeleteComments $false "
        "-DeleteSubject $false -AddOrganizerToSubject $false -RemoveOldMeetingMessages $false"
    ),
    AlarmKind.NUMBER_SPACE: "Increase scheduled_alias_suffix_length, or use another scheduled_alias_prefix.",
    AlarmKind.BRIDGE: (
        "Meetings are still accepted, and their rooms are created once the node is back. Check bridge_url and the "
        "account or client that is used there. Check that the app can reach the Management Node (possibly through a "
        "web proxy), and that it trusts the node's certificate (SSL_CERT_FILE points to a file with your own "
        "authority's certificate)."
    ),
    AlarmKind.ROOMS: (
        "People cannot join these meetings until the Management Node has their rooms. If the cause is the node "
        "itself, restore it, or set conference_platform to policy in the meantime. If an alias is taken, rename or "
        "delete the other conference on the node that uses it. The rooms follow automatically within two minutes. "
        "Failed removals are retried just as often; if a room remains, delete it on the node."
    ),
    AlarmKind.ROOMS_LATE: (
        "Rooms were created on the Management Node more than a minute late: it was unavailable or received too many "
        "requests. A larger room_lead_time leaves more time. The alarm is cleared a week after this last happened."
    ),
    AlarmKind.ROOM_NAME: (
        "The room has a random number after its name. If that is a problem, rename the other conference on the node, "
        "or use another conference_name_template. The alarm is cleared a week after this last happened."
    ),
    AlarmKind.ROOM_COMPARISON: (
        "Differences are repaired automatically. If more appear the next night, somebody or another system is "
        "deleting or creating this integration's rooms on the Management Node: see the node's change history."
    ),
    AlarmKind.ROOM_ALIAS: (
        "These meetings will have no room unless you rename or delete the aliases of the other conferences on the "
        "node before they start. The alarm is then cleared within an hour, and the rooms are created in time."
    ),
    AlarmKind.QUOTA: (
        "Look in scheduled_alias for many unused aliases issued at about the same time: a script may be using "
        "someone's token, or a client may be repeating its request. The user's requests were rejected; the alarm is "
        "cleared a week after the last rejection."
    ),
    AlarmKind.DUPLICATE_ALIAS: (
        "Give these conferences other names or aliases (PATCH /api/admin/configuration/v1/conference/<id>/): a node "
        "treats two rooms with the same name or alias as one. The alarm is cleared by the next nightly cleanup."
    ),
    AlarmKind.HOUSEKEEPING: "See the app's log. Series are not extended until the housekeeping succeeds.",
    AlarmKind.CLEANUP: "See the app's log. Old records and unused aliases are kept until a nightly cleanup succeeds.",
    AlarmKind.COMPARISON: (
        "Differences are repaired automatically. If more appear the next night, messages are being lost or "
        "somebody is changing the equipment mailbox's calendar: run the doctor, and see scheduling_operation for "
        "the decisions."
    ),
    AlarmKind.POISON: (
        "Look up the correlation id in the app's log and report it. The message is retried automatically, at least "
        "once a day, so a new version may process it. An update from the organizer is processed separately."
    ),
    AlarmKind.WAITING: (
        "Nothing is lost: waiting messages are handled automatically, in order, once the cause is gone. If the cause "
        "names Exchange, the doctor names the command that repairs the connection. A single message that Exchange can "
        "never return is released once it is deleted from the mailbox."
    ),
    AlarmKind.DOMAINS: (
        "Specify the Exchange servers whose tokens are to be trusted: "
        'POST /api/admin/configuration/v1/exchange_domain/ {"domain": "mail.example.com", '
        '"exchange_connector": "<URI of the integration>"}. The first domain clears the alarm.'
    ),
    AlarmKind.ANSWER: (
        "The room is as decided, and the organizer was informed by e-mail if possible. Look up the correlation id in "
        "scheduling_operation; if all answers are affected, the app may not write to the mailbox's calendar."
    ),
}


def _has_mailbox(integration: Integration) -> bool:
    return integration.enable_dynamic_vmrs


def _has_rooms_on_a_node(integration: Integration) -> bool:
    return integration.enable_dynamic_vmrs and integration.conference_platform == "management_api"


IN_USE: Mapping[AlarmKind, Callable[[Integration], bool]] = {
    AlarmKind.CONNECTION: _has_mailbox,
    AlarmKind.SIGN_IN: lambda integration: _has_mailbox(integration) and integration.authentication_method == "OAUTH",
    AlarmKind.SUBSCRIPTION: lambda integration: _has_mailbox(integration) and not integration.uses_ews,
    AlarmKind.MAILBOX_SETTINGS: _has_mailbox,
    AlarmKind.NUMBER_SPACE: _has_mailbox,
    AlarmKind.POISON: _has_mailbox,
    AlarmKind.WAITING: _has_mailbox,
    AlarmKind.ANSWER: _has_mailbox,
    AlarmKind.BRIDGE: lambda integration: (
        integration.conference_platform == "management_api"
        and (integration.enable_dynamic_vmrs or integration.enable_personal_vmrs)
    ),
    AlarmKind.HOUSEKEEPING: _has_mailbox,
    AlarmKind.CLEANUP: _has_mailbox,
    AlarmKind.QUOTA: _has_mailbox,
    AlarmKind.COMPARISON: _has_mailbox,
    AlarmKind.DOMAINS: lacks_domains,
    AlarmKind.ROOMS: _has_rooms_on_a_node,
    AlarmKind.ROOMS_LATE: _has_rooms_on_a_node,
    AlarmKind.ROOM_NAME: _has_rooms_on_a_node,
    AlarmKind.ROOM_COMPARISON: _has_rooms_on_a_node,
    AlarmKind.ROOM_ALIAS: _has_rooms_on_a_node,
    AlarmKind.DUPLICATE_ALIAS: lambda integration: integration.enable_personal_vmrs or integration.enable_dynamic_vmrs,
}
"""Whether an integration uses the feature that an alarm of this kind is about. If it does not, the alarm has to be
cleared.
"""
