"""Examines the text of invitations: whether it is complete, and whether its numbers can be dialled."""

import json
import re

from shared.integrations import Integration
from shared.operations.doctor.finding import Check, Finding, Place, sound, warning

PLACEHOLDER = "[Your number]"
"""The placeholder for the admin's telephone number in the default texts."""

_NUMBER = re.compile(r"\bnumeric_alias\b")
_USED = {
    "enable_dynamic_vmrs": (
        "meeting_instructions_template",
        "accept_new_single_meeting_template",
        "accept_new_recurring_series_template",
    ),
    "enable_personal_vmrs": ("personal_vmr_instructions_template",),
}


def judge_texts(integration: Integration, place: Place) -> Finding:
    """Check whether the text that people receive still contains a placeholder, or a number that cannot be dialled."""
    used = [name for switch, names in _USED.items() if getattr(integration, switch) for name in names]
    texts = {name: str(getattr(integration, name)) for name in used}
    unfinished = sorted(name for name, text in texts.items() if PLACEHOLDER in text)
    if unfinished:
        contain = "still contains" if len(unfinished) == 1 else "still contain"
        details = f"{', '.join(unfinished)} {contain} {PLACEHOLDER}: people see this in invitations."
        return warning(Check.TEXTS, details, place.curl("PATCH", "", json.dumps(dict.fromkeys(unfinished, "TEXT"))))
    prefix = integration.scheduled_alias_prefix or ""
    told = sorted(name for name, text in texts.items() if _NUMBER.search(text))
    if told and prefix and not prefix.isdecimal():
        details = (
            f"{', '.join(told)} tells people to dial {prefix}…, which telephones cannot: the prefix of aliases is not "
            "purely numeric."
        )
        return warning(Check.TEXTS, details, place.curl("PATCH", "", '{"scheduled_alias_prefix": "DIGITS"}'))
    return sound(Check.TEXTS, "The text of invitations is complete.")
