"""Converts received `domains` to exchange_domain records. Existing records keep their ids and creation times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.integrations.conditions import EXCHANGE_TOKEN
from shared.integrations.settings.metadata import ExchangeDomain

if TYPE_CHECKING:
    from shared.integrations.integration import Integration

UNNUMBERED = 0
"""The id of a record that the store has not yet numbered."""

_NOT_YET = datetime.fromtimestamp(0, UTC)
_EXAMPLE = '{"domain": "mail.example.com"}'


def domain_records(sent: Any, before: Sequence[ExchangeDomain]) -> tuple[tuple[ExchangeDomain, ...], list[str]]:
    """The records for a list, and any problems with it. An entry is {"domain": …} (the record with that name, or a new
    one), {"id": …} (an unchanged record), or both (a renamed record). A string is a name, as sent by existing clients.
    Anything else in an entry is ignored, because clients send back what they received.
    """
    if sent is None:
        return (), []
    if not isinstance(sent, list | tuple):
        return (), [f"Must be a list such as [{_EXAMPLE}]."]
    results = [_record(entry, before) for entry in sent]
    faults = [f"Entry {number}: {result}" for number, result in enumerate(results, 1) if isinstance(result, str)]
    return tuple(result for result in results if isinstance(result, ExchangeDomain)), faults


def lacks_domains(integration: Integration) -> bool:
    """Whether the add-in signs in with Exchange identity tokens but has no domains to verify them."""
    return EXCHANGE_TOKEN.holds(integration) and not integration.domains


def _record(entry: Any, before: Sequence[ExchangeDomain]) -> ExchangeDomain | str:
    """The record, or what is wrong with the entry."""
    if isinstance(entry, ExchangeDomain):
        return entry
    sent = {"domain": entry} if isinstance(entry, str) else entry if isinstance(entry, Mapping) else {}
    id_, domain = sent.get("id"), sent.get("domain")
    if not isinstance(domain, str) and (domain is not None or id_ is None):
        return f"Must be a name such as mail.example.com, or an object such as {_EXAMPLE}."
    if id_ is not None:
        known = next((old for old in before if old.id == id_), None)
        if known is None:
            return "This integration has no domain with that id."
        return known.model_copy(update={"domain": domain}) if domain is not None else known
    new = ExchangeDomain(id=UNNUMBERED, domain=str(domain), creation_time=_NOT_YET)
    return next((old for old in before if old.domain == domain), new)
