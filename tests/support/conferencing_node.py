"""The service configurations that a conferencing node accepts as a `result`, independent of the product's own table.
They are based on the external policy reference and the rules for PINs (docs/facts/pexip.md).
"""

from typing import Any

LONGEST = 250
VIEWS = (
    "one_main_zero_pips", "one_main_seven_pips", "one_main_twentyone_pips", "two_mains_twentyone_pips",
    "one_main_thirtythree_pips", "four_mains_zero_pips", "nine_mains_zero_pips", "sixteen_mains_zero_pips",
    "twentyfive_mains_zero_pips", "five_mains_seven_pips", "one_main_one_pip", "one_main_nine_around",
    "one_main_twelve_around", "two_mains_eight_around",
)  # fmt: skip
CHOICES: dict[str, tuple[str | None, ...]] = {
    "service_type": ("conference", "lecture", "two_stage_dialing", "media_playback", "test_call"),
    "live_captions_enabled": ("default", "yes", "no"),
    "two_stage_dial_type": ("regular", "mssip", "gms", "teams"),
    "view": VIEWS,
    "host_view": VIEWS,
    "guest_view": VIEWS,
    "non_idp_participants": ("disallow_all", "allow_if_trusted"),
    "enable_chat": ("default", "yes", "no"),
    "call_type": ("video", "video-only", "audio"),
    "crypto_mode": (None, "besteffort", "on", "off"),
    "direct_media": ("never", "best_effort", "always"),
    "guests_can_see_guests": ("no_hosts", "always", "never"),
    "max_pixels_per_second": (None, "sd", "hd", "fullhd"),
}
NUMBERS = {"direct_media_notification_duration": (0, 30), "max_callrate_in": (128000, 8192000),
           "max_callrate_out": (128000, 8192000), "participant_limit": (0, 10**6)}  # fmt: skip
NAMES = ("ivr_theme_name", "host_identity_provider_group", "guest_identity_provider_group", "gms_access_token_name",
         "mssip_proxy_name", "teams_proxy_name", "system_location_name", "media_playlist_name")  # fmt: skip
VMR = ("conference", "lecture")
ONLY_OF = {
    "view": ("conference",), "host_view": ("lecture",), "guest_view": ("lecture",),
    "guests_can_see_guests": ("lecture",), "force_presenter_into_main": ("lecture",), "participant_limit": VMR,
    "enable_chat": VMR, "breakout_rooms": VMR, "guests_can_present": VMR, "mute_all_guests": VMR, "direct_media": VMR,
    "primary_owner_email_address": VMR, "live_captions_enabled": VMR, "enable_overlay_text": VMR,
    "pin": (*VMR, "media_playback"), "guest_pin": (*VMR, "media_playback"), "allow_guests": (*VMR, "media_playback"),
    "host_identity_provider_group": (*VMR, "media_playback"), "non_idp_participants": (*VMR, "media_playback"),
    "match_string": ("two_stage_dialing",), "replace_string": ("two_stage_dialing",),
    "two_stage_dial_type": ("two_stage_dialing",), "system_location_name": ("two_stage_dialing",),
    "media_playlist_name": ("media_playback",), "on_completion": ("media_playback",),
}  # fmt: skip
"""The service types that have each field. The reference does not specify what a node does with other fields."""


def refusals(result: dict[str, Any]) -> list[str]:
    """The reasons why a node would refuse a whole response; empty if it accepts the response."""
    found = [name for name in ("name", "service_tag", "service_type") if name not in result]
    found += [name for name, value in result.items() if isinstance(value, str) and len(value) > LONGEST]
    if result.get("service_type") == "media_playback" and "media_playlist_name" not in result:
        found.append("media_playlist_name")
    found += [name for name, choices in CHOICES.items() if name in result and result[name] not in choices]
    for name, (low, high) in NUMBERS.items():
        value = result.get(name, low)
        found += [name] if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high else []
    found += [name for name in NAMES if name in result and (not result[name] or result[name].startswith("/api/"))]
    return [*found, *_pins(result)]


def misplaced(result: dict[str, Any]) -> list[str]:
    """The fields in a response that do not exist in its service type."""
    return [name for name, types in ONLY_OF.items() if name in result and result["service_type"] not in types]


def _pins(result: dict[str, Any]) -> list[str]:
    pin, guest = result.get("pin"), result.get("guest_pin")
    if pin == "" or guest == "":
        return ["an empty PIN"]
    for text in filter(None, (pin, guest)):
        digits = text.removesuffix("#")
        if not (digits.isascii() and digits.isdecimal() and 4 <= len(text) <= 20):
            return ["a PIN in a different form"]
    if result.get("allow_guests") and not pin:
        return ["guests without a host PIN"]
    if guest and (not result.get("allow_guests") or guest == pin):
        return ["a guest PIN that cannot be used"]
    if guest and pin and pin.endswith("#") != guest.endswith("#"):
        return ["one PIN with # and one without"]
    return ["PINs of different lengths"] if guest and pin and not pin.endswith("#") and len(pin) != len(guest) else []
