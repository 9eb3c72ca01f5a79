"""A room's PINs, as nodes accept them (docs/facts/pexip.md)."""

import re
from collections.abc import Mapping

_PIN = re.compile(r"[0-9]{4,20}|[0-9]{3,19}#")


def is_pin(text: str) -> bool:
    """4 to 20 digits; the last character may be a # instead."""
    return _PIN.fullmatch(text) is not None


def pin_faults(pin: str, guest_pin: str, *, allow_guests: bool) -> Mapping[str, list[str]]:
    """The problems with a pair of PINs, keyed by field."""
    if allow_guests and not pin:
        return {"pin": ["Required when guests are allowed: it distinguishes hosts from guests."]}
    if guest_pin and not allow_guests:
        return {"guest_pin": ["Only for a VMR that allows guests: set allow_guests, or clear this PIN."]}
    if not guest_pin:
        return {}
    if guest_pin == pin:
        return {"guest_pin": ["Must differ from the host PIN."]}
    if pin.endswith("#") != guest_pin.endswith("#"):
        return {"guest_pin": ["Both PINs must end in #, or neither."]}
    if not pin.endswith("#") and len(pin) != len(guest_pin):
        return {"guest_pin": ["Must be as long as the host PIN, unless both end in #."]}
    return {}
