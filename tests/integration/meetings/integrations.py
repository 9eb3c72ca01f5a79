"""Additional integrations of a deployment."""

from typing import Any

from dev.harness.deployment import Deployment
from dev.harness.integration import By


async def add(world: Deployment, uuid: str, mailbox: str, **changes: Any) -> None:
    """Add one more integration for the same Exchange."""
    fields = {
        "uuid": uuid,
        "name": "Second",
        "room_mailbox_name": "More rooms",
        "room_mailbox_email_address": mailbox,
        "scheduled_alias_prefix": "room",
        "scheduled_alias_domain": "example.com",
        "addin_server_domain": "vmr.example.com",
        "domains": [{"domain": f"{world.exchange.base_url}/autodiscover/metadata/json/1"}],
    }
    await world.services.foundation.integrations.create(fields | By.EWS.settings(world.exchange) | changes)
