"""Conferences in the management API, with all their fields."""

from typing import Any

from tests.support.management_api import Api

CONFIGURATION = "configuration/v1/"
CONFERENCES = CONFIGURATION + "conference/"
FULL: dict[str, Any] = {
    "name": "tf", "description": "All", "service_type": "lecture", "pin": "123456", "guest_pin": "654321", "tag": "t",
    "allow_guests": True, "breakout_rooms": True, "call_type": "video-only", "crypto_mode": "besteffort",
    "automatic_participants": ["/api/admin/configuration/v1/automatic_participant/1/"], "denoise_enabled": True,
    "direct_media": "best_effort", "direct_media_notification_duration": 5, "enable_active_speaker_indication": True,
    "enable_chat": "yes", "enable_overlay_text": True, "force_presenter_into_main": True, "guests_can_present": False,
    "guests_can_see_guests": "always", "host_view": "two_mains_twentyone_pips", "guest_view": "one_main_seven_pips",
    "live_captions_enabled": "yes", "match_string": "^[0-9]+$", "max_callrate_in": 4096, "max_callrate_out": 2048,
    "max_pixels_per_second": "fullhd", "mute_all_guests": True, "non_idp_participants": "allow_if_trusted",
    "on_completion": '{"disconnect": true}', "participant_limit": 50, "pinning_config": "hosts",
    "post_match_string": "^test", "post_replace_string": "new-test", "primary_owner_email_address": "a@example.com",
    "replace_string": "replaced", "softmute_enabled": True, "sync_tag": "sync-123", "two_stage_dial_type": "gms",
    "gms_access_token": "Meet", "guest_identity_provider_group": "Guests", "host_identity_provider_group": "Staff",
    "media_playlist": "Welcome", "mssip_proxy": "Skype", "system_location": "Oslo", "teams_proxy": "Teams",
    "ivr_theme": "Blue",
}  # fmt: skip
"""For each field, a value other than its default."""


async def made(api: Api, resource: str, **fields: Any) -> dict[str, Any]:
    answer = await api.call("POST", CONFIGURATION + resource + "/", fields)
    assert answer.status == 201, answer.body
    shown: dict[str, Any] = answer.body
    return shown


def path(shown: dict[str, Any]) -> str:
    return str(shown["resource_uri"]).removeprefix("/api/admin/")
