"""How single-use VMRs are named and numbered, and when they open."""

from typing import Annotated, Literal

from pydantic import Field

from shared.integrations.conditions import SINGLE_USE
from shared.integrations.setting import Format, Fqdn, Minutes, NullableLine, Section, Setting, Template


class SingleUse(Section):
    """Conferences and aliases of single-use VMRs."""

    title = "Single-use VMR configuration"
    about = "Used when single-use VMRs are enabled."
    in_use = SINGLE_USE

    conference_name_template: Annotated[
        Template,
        Setting(
            "Conference name template",
            "Produces the name of a conference. If the name is already in use, a random number is added to it.",
            required=SINGLE_USE,
        ),
    ] = "{{subject}} ({{organizer_name}})"
    conference_description_template: Annotated[
        Template,
        Setting("Conference description template", "Produces the description of a conference. May be left empty."),
    ] = "Scheduled Conference booked by {{organizer_email}}"
    conference_subject_template: Annotated[
        Template,
        Setting(
            "Conference subject template",
            "Produces the subject that admins see. Leave it empty to hide the subjects of meetings from admins.",
        ),
    ] = "{{subject}}"
    scheduled_alias_description_template: Annotated[
        Template,
        Setting("Alias description template", "Produces the description of a conference's aliases. May be left empty."),
    ] = "Scheduled Conference booked by {{organizer_email}}"
    scheduled_alias_prefix: Annotated[
        str | None,
        Field(min_length=1, max_length=8),
        Format.PREFIX,
        Setting("Scheduled alias prefix", "The beginning of every alias.", required=SINGLE_USE),
    ] = None
    scheduled_alias_suffix_length: Annotated[
        int,
        Field(ge=6, le=15),
        Setting("Scheduled alias suffix length", "The number of random digits after the prefix."),
    ] = 6
    scheduled_alias_domain: Annotated[
        Fqdn,
        Setting("Scheduled alias domain", "The domain of every alias, after the @.", required=SINGLE_USE),
    ] = ""
    host_identity_provider_group: Annotated[
        NullableLine,
        Setting(
            "Identity Provider group",
            "The name of the group of identity providers that authenticate participants. With platform "
            "management_api, its resource URI is also accepted and resolved by the Management Node. If empty, "
            "participants do not have to authenticate.",
        ),
    ] = None
    host_identity_provider_group_name: Annotated[
        str,
        Setting(
            "Name of the Identity Provider group",
            "The name that the group's URI stands for.",
            read_only=True,
            internal=True,
        ),
    ] = ""
    non_idp_participants: Annotated[
        Literal["disallow_all", "allow_if_trusted"],
        Setting(
            "Other participants",
            "What happens to devices that cannot authenticate when an Identity Provider group is set. disallow_all: "
            "they wait for a Host. allow_if_trusted: locally registered devices may join (with the PIN, if there is "
            "one), and all others wait for a Host.",
            choices={"disallow_all": "Disallow all", "allow_if_trusted": "Allow if trusted"},
        ),
    ] = "disallow_all"
    meeting_buffer_before: Annotated[
        Minutes, Setting("Join before buffer", "How many minutes before the start of a meeting people can join.")
    ] = 30
    meeting_buffer_after: Annotated[
        Minutes, Setting("Join after buffer", "How many minutes after the end of a meeting people can still join.")
    ] = 60
    ivr_theme: Annotated[
        NullableLine,
        Setting(
            "Scheduled conference theme",
            "The name of the theme for all conferences. With platform management_api, its resource URI is also "
            "accepted and resolved by the Management Node. If empty, the platform's default theme is used.",
        ),
    ] = None
    ivr_theme_name: Annotated[
        str, Setting("Name of the theme", "The name that the theme's URI stands for.", read_only=True, internal=True)
    ] = ""
    conference_platform: Annotated[
        Literal["policy", "management_api"],
        Setting(
            "Conference platform",
            "policy: conferencing nodes query this service for each call. management_api: conferences are created on "
            "the Management Node before each meeting and removed afterwards. A change moves all scheduled meetings.",
            choices={"policy": "External policy", "management_api": "Management Node (management API)"},
        ),
    ] = "policy"
    room_lead_time: Annotated[
        int,
        Field(ge=0, le=60),
        Setting(
            "Room lead time",
            "With platform management_api, a conference is created this many minutes before its join window opens. The "
            "Management Node needs this time to send the conference to the conferencing nodes. This takes about a "
            "minute, or longer in large deployments.",
        ),
    ] = 5
    copied_tag_action: Annotated[
        Literal["reject", "new_alias"],
        Setting(
            "Copied tag action",
            "What happens to a meeting whose tag belongs to another meeting (a copied invitation). reject: it is "
            "declined as an alias conflict. new_alias: it receives its own alias.",
            choices={"reject": "Decline the meeting", "new_alias": "Give it its own alias"},
        ),
    ] = "reject"
    reservation_days: Annotated[
        int,
        Field(ge=1, le=365),
        Setting("Reservation days", "How many days an alias stays reserved if no meeting uses it."),
    ] = 30
