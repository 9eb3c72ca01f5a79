"""Checks whether a draft may be saved (I3, I4). All problems are reported at once, keyed by field name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from shared.errors import SettingsInvalid
from shared.integrations import syntax
from shared.integrations.combinations import combination_faults
from shared.integrations.conditions import ALWAYS, Condition
from shared.integrations.draft import Draft, draft
from shared.integrations.integration import Integration, settings
from shared.integrations.setting import Format, format_of
from shared.integrations.settings.metadata import DOMAIN_MAX_LENGTH

_ALL_MAX_BYTES = 900 * 1024
"""Maximum total size of all text settings, in bytes of UTF-16. A table row is limited to 1 MiB, including names and
numbers.
"""

Faults = Mapping[str, list[str]]


def validate(fields: Mapping[str, Any], before: Integration | None = None, *, local: bool = False) -> Integration:
    """The integration that these fields would create, checked without storage. Placeholders stand for any secrets
    given. Raises SettingsInvalid.
    """
    proposed = draft(fields, before)
    check(proposed, before, local=local)
    return proposed.integration


def check(
    proposed: Draft, before: Integration | None = None, *, local: bool = False, taken: Faults | None = None
) -> None:
    """Raise SettingsInvalid if anything is wrong. `taken` contains problems that only the store can find. `local`
    allows loopback hosts and plain http, for a local stack.
    """
    found = {**(taken or {}), **faults(proposed, before, local=local)}
    if found:
        raise SettingsInvalid(found)


def faults(proposed: Draft, before: Integration | None, *, local: bool) -> Faults:
    """All problems: the draft's own, invalid syntax in changed settings, missing settings, and conflicts."""
    found: defaultdict[str, list[str]] = defaultdict(list, {name: list(f) for name, f in proposed.faults.items()})
    for name, field, setting in settings():
        value = getattr(proposed.integration, name)
        if name in found:
            continue
        if setting.required and _is_empty(value) and setting.required.holds(proposed.integration):
            found[name].append(_required(setting.required))
        elif name in proposed.given and isinstance(value, str) and value and not setting.secret:
            found[name] += _text_faults(name, format_of(field), value, local)
    if "domains" in proposed.given and "domains" not in found:
        found["domains"] += _domain_faults(proposed.integration, local)
    for name, messages in combination_faults(proposed.integration, before).items():
        if not found[name]:  # a setting with invalid syntax needs no further advice
            found[name] = messages
    found["uuid"] += _uuid_faults(proposed.integration, before)
    found["__all__"] += _size_faults(proposed.integration)
    return {name: messages for name, messages in found.items() if messages}


def _text_faults(name: str, format_: Format | None, text: str, local: bool) -> list[str]:
    found = syntax.faults(format_, text, local=local)
    if found or format_ is not Format.TEMPLATE:
        return found
    from shared.templates import check as check_template  # imports jinja2, which most requests never need

    return check_template(name, text)


def _domain_faults(integration: Integration, local: bool) -> list[str]:
    found: list[str] = []
    seen: set[str] = set()
    for number, entry in enumerate(integration.domains, start=1):
        if len(entry.domain) > DOMAIN_MAX_LENGTH:
            messages = [f"Ensure this value has at most {DOMAIN_MAX_LENGTH} characters."]
        elif entry.domain.lower() in seen:
            messages = ["Exchange domain with this domain already exists."]
        else:
            messages = syntax.metadata_domain(entry.domain, local)
        seen.add(entry.domain.lower())
        found += [f"Entry {number}: {message}" for message in messages]
    return found


def _uuid_faults(integration: Integration, before: Integration | None) -> list[str]:
    if before and integration.uuid != before.uuid:
        return ["Cannot be changed: it is the integration's identity. Create another integration instead."]
    return []


def _size_faults(integration: Integration) -> list[str]:
    size = sum(len(value.encode("utf-16-le", "replace")) for _, value in integration if isinstance(value, str))
    return [f"All text together may take at most {_ALL_MAX_BYTES // 1024} KiB."] if size > _ALL_MAX_BYTES else []


def _is_empty(value: object) -> bool:
    return value is None or value == () or (isinstance(value, str) and not value.strip())


def _required(when: Condition) -> str:
    return "This field is required." if when == ALWAYS else f"Required when {when.text()}."
