"""A deployment's only integration: its mailbox, and the protocol used for it."""

from enum import StrEnum
from typing import Any

from dev.exchange.app import Running
from dev.exchange.visibility import ON_PREMISES

INTEGRATION = "11111111-1111-4111-8111-111111111111"
MAILBOX = "vmr@example.com"
OTHER_HABITS = {
    **dict.fromkeys(("marks_drafts", "expands_views", "names_occurrences", "searches_binary"), False),
    "plain_faults": True,
}
"""The settings with which the simulated EWS behaves like grommunio's; see dev/exchange/ews/state.py."""


class By(StrEnum):
    """The protocol used for the equipment mailbox. No other part of a deployment depends on it."""

    GRAPH = "Graph"
    EWS = "EWS"

    def settings(self, exchange: Running) -> dict[str, Any]:
        """The integration's connection settings."""
        if self is By.GRAPH:
            return {"authentication_method": "GRAPH"}
        account = {"username": "svc-vmr@example.com", "password": "local-ews"}
        return {"authentication_method": "NTLM", "url": exchange.ews_url, **account}

    @property
    def processing(self) -> dict[str, Any]:
        """The calendar processing settings that differ from those in Exchange Online."""
        return {} if self is By.GRAPH else {"visible_update_properties": ON_PREMISES}


def integration_fields(exchange: Running, by: By) -> dict[str, Any]:
    """The integration's fields in the management API's format."""
    return {
        "uuid": INTEGRATION,
        "name": "Test",
        "room_mailbox_name": "Video meeting rooms",
        "room_mailbox_email_address": MAILBOX,
        "scheduled_alias_prefix": "meet",
        "scheduled_alias_domain": "example.com",
        "addin_server_domain": "vmr.example.com",
        "domains": [{"domain": f"{exchange.base_url}/autodiscover/metadata/json/1"}],
        **by.settings(exchange),
    }
