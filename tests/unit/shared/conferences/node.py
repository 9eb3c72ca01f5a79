"""What a conferencing node takes as the `result` of a service configuration, written down apart from our own table.

From the documented reference of external policy and the field's own rules for PINs (docs/facts/pexip.md).
"""

from typing import Any

LONGEST = 250
CHOICES: dict[str, tuple[str | None, ...]] = {
    "service_type": ("conference", "lecture"),
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
NAMES = ("ivr_theme_name", "host_identity_provider_group", "guest_identity_provider_group")


def refusals(result: dict[str, Any]) -> list[str]:
    """Why a node would refuse this answer as a whole; nothing when it takes it."""
    found = [name for name in ("name", "service_tag", "service_type") if name not in result]
    found += [name for name, value in result.items() if isinstance(value, str) and len(value) > LONGEST]
    found += [name for name, choices in CHOICES.items() if name in result and result[name] not in choices]
    for name, (low, high) in NUMBERS.items():
        value = result.get(name, low)
        found += [name] if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high else []
    found += [name for name in NAMES if name in result and (not result[name] or result[name].startswith("/api/"))]
    return [*found, *_pins(result)]


def _pins(result: dict[str, Any]) -> list[str]:
    pin, guest = result.get("pin"), result.get("guest_pin")
    if pin == "" or guest == "":
        return ["an empty PIN"]
    for text in filter(None, (pin, guest)):
        digits = text.removesuffix("#")
        if not (digits.isascii() and digits.isdecimal() and 4 <= len(text) <= 20):
            return ["a PIN of another form"]
    if result.get("allow_guests") and not pin:
        return ["guests without a host PIN"]
    if guest and (not result.get("allow_guests") or guest == pin):
        return ["a guest PIN that nobody may use"]
    if guest and pin and pin.endswith("#") != guest.endswith("#"):
        return ["one PIN with # and one without"]
    return ["PINs of two lengths"] if guest and pin and not pin.endswith("#") and len(pin) != len(guest) else []
