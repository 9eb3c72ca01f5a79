"""The management API's resources for rooms, with the fields used by the original product's clients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Fields: TypeAlias = dict[str, Any]

MAX_LINE = 250


@dataclass(frozen=True)
class Resource:
    """A resource. `defaults` contains all writable fields. A default of None means that null is accepted. `unique` are
    the fields whose values must be unique, ignoring case. `title` is what error messages call an object. `references`
    are fields that contain the URI of an object of another resource.
    """

    name: str
    title: str
    defaults: Mapping[str, Any]
    required: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    read_only: tuple[str, ...] = ("id", "resource_uri", "creation_time", "scheduled_conferences_count")


CONFERENCE = Resource(
    "conference",
    "Conference",
    {
        "name": "", "description": "", "tag": "", "service_type": "conference", "aliases": [],
        "primary_owner_email_address": "", "pin": "", "guest_pin": "", "allow_guests": False, "ivr_theme": None,
        "host_identity_provider_group": None, "guest_identity_provider_group": None,
        "non_idp_participants": "disallow_all", "automatic_participants": [], "breakout_rooms": False,
        "call_type": "video", "crypto_mode": None, "denoise_enabled": False, "direct_media": "never",
        "direct_media_notification_duration": 0, "enable_active_speaker_indication": False, "enable_chat": "default",
        "enable_overlay_text": False, "force_presenter_into_main": False, "gms_access_token": None, "guest_view": None,
        "guests_can_present": True, "guests_can_see_guests": "no_hosts", "host_view": "one_main_seven_pips",
        "live_captions_enabled": "default", "match_string": "", "max_callrate_in": None, "max_callrate_out": None,
        "max_pixels_per_second": None, "media_playlist": None, "mssip_proxy": None, "mute_all_guests": False,
        "on_completion": None, "participant_limit": None, "pinning_config": None, "post_match_string": "",
        "post_replace_string": "", "replace_string": "", "scheduled_conferences": [], "softmute_enabled": False,
        "sync_tag": "", "system_location": None, "teams_proxy": None, "two_stage_dial_type": "regular",
    },
    required=("name",),
    unique=("name",),
    references={
        "ivr_theme": "ivr_theme",
        "host_identity_provider_group": "identity_provider_group",
        "guest_identity_provider_group": "identity_provider_group",
    },
    limits={"name": MAX_LINE, "description": MAX_LINE, "tag": MAX_LINE, "primary_owner_email_address": 100},
    choices={
        "service_type": ("conference", "lecture", "two_stage_dialing", "test_call", "media_playback"),
        "non_idp_participants": ("disallow_all", "allow_if_trusted"),
    },
)  # fmt: skip
CONFERENCE_ALIAS = Resource(
    "conference_alias",
    "Conference alias",
    {"alias": "", "conference": None, "description": ""},
    required=("alias", "conference"),
    unique=("alias",),
    references={"conference": "conference"},
    limits={"alias": MAX_LINE, "description": MAX_LINE},
)
END_USER = Resource(
    "end_user",
    "End user",
    {
        "primary_email_address": "", "avatar_url": "", "department": "", "display_name": "", "exchange_user_id": None,
        "first_name": "", "last_name": "", "mobile_number": "", "ms_exchange_guid": None, "sync_tag": "",
        "telephone_number": "", "title": "", "user_groups": [], "user_oid": None, "uuid": "",
    },
    required=("primary_email_address",),
    unique=("primary_email_address",),
    limits={"primary_email_address": 100, "first_name": MAX_LINE, "last_name": MAX_LINE, "display_name": MAX_LINE},
)  # fmt: skip
IVR_THEME = Resource("ivr_theme", "Theme", {"name": "", "uuid": ""}, ("name",), ("name",))
IDENTITY_PROVIDER_GROUP = Resource(
    "identity_provider_group",
    "Identity provider group",
    {"name": "", "description": "", "identity_provider": []},
    ("name",),
    ("name",),
)
MANAGEMENT_VM = Resource("management_vm", "Management VM", {"name": "", "version": "", "primary": True})
"""A read-only resource in the status API."""

RESOURCES = {each.name: each for each in (CONFERENCE, CONFERENCE_ALIAS, END_USER, IVR_THEME, IDENTITY_PROVIDER_GROUP)}
CONFIGURATION = "/api/admin/configuration/v1/"
STATUS = "/api/admin/status/v1/"


def uri_of(resource: str, id_: int) -> str:
    """The URI path of an object."""
    return f"{CONFIGURATION}{resource}/{id_}/"
