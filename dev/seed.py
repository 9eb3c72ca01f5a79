"""The integrations that the local stack starts with."""

from collections.abc import Sequence
from typing import Any

from dev.environment import NODE_ACCOUNT, ONLINE, SERVICE_ACCOUNT, Seed
from shared.errors import NotFound
from shared.integrations import IntegrationStore


async def seed(
    integrations: IntegrationStore, exchange_url: str, seeds: Sequence[Seed] = (ONLINE,), node_url: str = ""
) -> None:
    """Create the integrations, or bring their addresses up to date where DATA_DIR has kept them."""
    for each in seeds:
        addresses = _addresses(each, exchange_url) | ({"bridge_url": node_url} if each.on_node else {})
        try:
            await integrations.update(each.uuid, addresses)
        except NotFound:
            await integrations.create(_settings(each) | addresses)


def _addresses(each: Seed, exchange_url: str) -> dict[str, Any]:
    domains = {"domains": [{"domain": f"{exchange_url}/autodiscover/metadata/json/1"}]}
    return domains | ({"url": f"{exchange_url}/EWS/Exchange.asmx"} if each.by_ews else {})


def _settings(each: Seed) -> dict[str, Any]:
    username, password = SERVICE_ACCOUNT
    ews = {"authentication_method": "NTLM", "username": username, "password": password}
    node = {
        "conference_platform": "management_api",
        "bridge_username": NODE_ACCOUNT[0],
        "bridge_password": NODE_ACCOUNT[1],
    }
    return {
        "uuid": each.uuid,
        "name": each.name,
        **(ews if each.by_ews else {"authentication_method": "GRAPH"}),
        **(node if each.on_node else {}),
        "room_mailbox_name": "Video meeting rooms",
        "room_mailbox_email_address": each.mailbox,
        "scheduled_alias_prefix": each.prefix,
        "scheduled_alias_domain": "example.com",
        # Read by Outlook only, which the local stack has none of: its pane lives on a loopback address.
        "addin_server_domain": "vmr.example.com",
    }
