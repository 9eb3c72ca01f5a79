"""External policy: what conferencing nodes are told when somebody dials (C2; docs/facts/pexip.md).

One point read by the alias's digits, whatever the number of conferences.
"""

import ipaddress
import re
from typing import Any, Literal

from shared.calendar.conference import Conference
from shared.clock import Clock
from shared.conferences.answer import clean, service_answer
from shared.storage import Storage

PolicyAction = Literal["continue", "reject"]

_SCHEME = re.compile(r"^(?:sips?|h323|tel):", re.IGNORECASE)
_KEY = re.compile(r"[a-z0-9._-]{1,64}")


class Policy:
    """Answers service configuration requests from the alias records."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._aliases = storage.table("aliases")
        self._clock = clock

    async def service_configuration(self, local_alias: str) -> tuple[PolicyAction, dict[str, Any]] | None:
        """Action and result for a dialled alias, or None when it is not ours (the node asks its own database).

        A known alias outside its join window is rejected with an empty result.
        """
        dialled, domain = split_alias(local_alias)
        if not is_alias_key(dialled):
            return None
        row = await self._aliases.get(dialled, "alias")
        # A personal VMR's claim has no state: the node's own database, or another server, has that room.
        if row is None or "state" not in row.values or not _is_same_domain(domain, str(row.values["domain"])):
            return None
        conference = Conference.from_json(str(row.values["conference"])) if row.values.get("conference") else None
        if conference is None or not conference.is_open(self._clock.now()):
            return "reject", {}
        service = _service(conference)
        return ("reject", {}) if service is None else ("continue", service)


def is_alias_key(name: str) -> bool:
    """Whether a dialled alias without its domain may be the partition of a claim in table `aliases`."""
    return _KEY.fullmatch(name) is not None


def split_alias(local_alias: str) -> tuple[str, str]:
    """Key and domain of an alias as dialled: scheme and URI parameters off, lower case; no domain is ""."""
    bare = re.split("[;?]", _SCHEME.sub("", local_alias.strip()), maxsplit=1)[0].lower()
    name, _, domain = bare.partition("@")
    return name, domain


def _is_same_domain(dialled: str, domain: str) -> bool:
    """Our domain, none, or the address of a node (H.323 and SIP endpoints dial `alias@10.0.0.1`)."""
    host = re.sub(r":\d+$", "", dialled)
    return host in ("", domain.lower()) or _is_address(host) or _is_address(dialled)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _service(conference: Conference) -> dict[str, Any] | None:
    """The service as a node takes it; what is not set is left out, so that the platform's default holds."""
    fields = {
        "service_type": "conference",
        "name": clean(conference.name) or conference.alias,
        "service_tag": conference.service_tag,
        "description": conference.description,
        "ivr_theme_name": conference.theme,
        "host_identity_provider_group": conference.identity_provider_group,
    }
    if conference.identity_provider_group:
        fields["non_idp_participants"] = conference.non_idp_participants
    return service_answer(fields)
