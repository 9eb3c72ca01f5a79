"""Checks policy responses, because a node rejects the whole response if one field is wrong (C2).

docs/facts/pexip.md describes what a node accepts. An invalid field that only affects a room's appearance is omitted, so
the platform's default applies. If a field that restricts access is invalid, nobody is let in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from shared.conferences.pins import is_pin, pin_faults

log = logging.getLogger(__name__)

MAX_TEXT = 250
"""Maximum length of a string in a policy response, in characters."""

REQUIRED = ("service_type", "name", "service_tag")

REQUIRED_BY_TYPE: Mapping[str, tuple[str, ...]] = {"media_playback": ("media_playlist_name",)}
"""Additional required fields in a policy response, keyed by service type."""

PROTECTING = frozenset(
    {"pin", "guest_pin", "allow_guests", "host_identity_provider_group", "guest_identity_provider_group",
     "non_idp_participants", "locked", "participant_limit", "crypto_mode", "match_string", "post_match_string"}
)  # fmt: skip
"""Fields that restrict access or limit guests to listening. Without them, unauthorized people might get in."""

VIEWS = (
    "one_main_zero_pips", "one_main_seven_pips", "one_main_twentyone_pips", "two_mains_twentyone_pips",
    "one_main_thirtythree_pips", "four_mains_zero_pips", "nine_mains_zero_pips", "sixteen_mains_zero_pips",
    "twentyfive_mains_zero_pips", "five_mains_seven_pips", "one_main_one_pip", "one_main_nine_around",
    "one_main_twelve_around", "two_mains_eight_around",
)  # fmt: skip
"""Layout names."""

_Check: TypeAlias = Callable[[Any], bool]


def _one_of(*values: str | None) -> _Check:
    return lambda value: (value is None or isinstance(value, str)) and value in values


def _between(low: int, high: int) -> _Check:
    return lambda value: type(value) is int and low <= value <= high


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and value.isprintable()


def _is_name(value: Any) -> bool:
    """Whether the value may be the name of a theme or group, rather than a resource URI."""
    return _is_text(value) and bool(value.strip()) and not value.startswith(("/", "http://", "https://"))


def _is_pin(value: Any) -> bool:
    return isinstance(value, str) and is_pin(value)


def _is_completion(value: Any) -> bool:
    match value:
        case {"disconnect": bool(), **rest}:
            return not rest
        case {"transfer": {"conference": str(alias), **role}, **rest}:
            return not rest and _is_text(alias) and role.keys() <= {"role"} and all(map(_is_text, role.values()))
    return False


FIELDS: Mapping[str, _Check] = {
    "service_type": _one_of("conference", "lecture", "two_stage_dialing", "media_playback", "test_call"),
    "name": lambda value: _is_text(value) and bool(value.strip()),
    "service_tag": _is_text,
    "description": _is_text,
    "local_display_name": _is_text,
    "primary_owner_email_address": _is_text,
    "ivr_theme_name": _is_name,
    "host_identity_provider_group": _is_name,
    "guest_identity_provider_group": _is_name,
    "non_idp_participants": _one_of("disallow_all", "allow_if_trusted"),
    "pin": _is_pin,
    "guest_pin": _is_pin,
    "allow_guests": _is_switch,
    "locked": _is_switch,
    "guests_can_present": _is_switch,
    "mute_all_guests": _is_switch,
    "enable_overlay_text": _is_switch,
    "enable_active_speaker_indication": _is_switch,
    "force_presenter_into_main": _is_switch,
    "live_captions_enabled": _one_of("default", "yes", "no"),
    "breakout_rooms": _is_switch,
    "view": _one_of(*VIEWS),
    "host_view": _one_of(*VIEWS),
    "guest_view": _one_of(*VIEWS),
    "pinning_config": _is_name,
    "match_string": _is_text,
    "replace_string": _is_text,
    "post_match_string": _is_text,
    "post_replace_string": _is_text,
    "two_stage_dial_type": _one_of("regular", "mssip", "gms", "teams"),
    "gms_access_token_name": _is_name,
    "mssip_proxy_name": _is_name,
    "teams_proxy_name": _is_name,
    "system_location_name": _is_name,
    "media_playlist_name": _is_name,
    "on_completion": _is_completion,
    "denoise_enabled": _is_switch,
    "softmute_enabled": _is_switch,
    "enable_chat": _one_of("default", "yes", "no"),
    "call_type": _one_of("video", "video-only", "audio"),
    "crypto_mode": _one_of(None, "besteffort", "on", "off"),
    "direct_media": _one_of("never", "best_effort", "always"),
    "direct_media_notification_duration": _between(0, 30),
    "guests_can_see_guests": _one_of("no_hosts", "always", "never"),
    "max_pixels_per_second": _one_of(None, "sd", "hd", "fullhd"),
    "max_callrate_in": _between(128_000, 8_192_000),
    "max_callrate_out": _between(128_000, 8_192_000),
    "participant_limit": _between(0, 1_000_000),
}
"""Every field in our responses, with a check for the values that a node accepts."""


def service_answer(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """A `result` that a node accepts, for the service described by `fields`; None if nobody may be let in.

    Strings are truncated to the maximum length. Empty strings are omitted unless they are required.
    """
    cleaned = {name: clean(value) if _may_be_cleaned(name, value) else value for name, value in fields.items()}
    given = {name: value for name, value in cleaned.items() if value != "" or name in REQUIRED}
    wrong = {name for name, value in given.items() if name not in FIELDS or not FIELDS[name](value)}
    needed = {*REQUIRED, *REQUIRED_BY_TYPE.get(str(given.get("service_type")), ())}
    wrong |= needed - given.keys()
    pins = {name: str(given.get(name, "")) for name in ("pin", "guest_pin")}
    wrong |= pin_faults(**pins, allow_guests=given.get("allow_guests") is True).keys()
    if wrong:
        log.error("nodes would reject a policy response because of the field %s", ", ".join(sorted(wrong)))
    if wrong & PROTECTING or wrong & needed:
        return None
    return {name: value for name, value in given.items() if name not in wrong}


def _may_be_cleaned(name: str, value: Any) -> bool:
    """Whether a value may be cleaned. PINs may not, because a PIN of blanks must not become empty."""
    return isinstance(value, str) and name not in PROTECTING


def clean(text: str) -> str:
    """The text as one printable line. Lone surrogates are removed, because Exchange may cut text in the middle of a
    character.
    """
    return "".join(each if each.isprintable() else " " for each in text)[:MAX_TEXT].strip()
