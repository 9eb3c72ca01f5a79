"""The integration that the local stack starts with (DESIGN §3)."""

from dev.environment import INTEGRATION, MAILBOX
from shared.errors import NotFound
from shared.integrations import Integration, IntegrationStore


async def seed(integrations: IntegrationStore, exchange_url: str) -> Integration:
    """Create the integration, or bring its addresses up to date where DATA_DIR has kept it."""
    addresses = {"domains": [{"domain": f"{exchange_url}/autodiscover/metadata/json/1"}]}
    try:
        return await integrations.update(INTEGRATION, addresses)
    except NotFound:
        return await integrations.create(
            {
                "uuid": INTEGRATION,
                "name": "Local stack",
                "authentication_method": "GRAPH",
                "room_mailbox_name": "Video meeting rooms",
                "room_mailbox_email_address": MAILBOX,
                "scheduled_alias_prefix": "meet",
                "scheduled_alias_domain": "example.com",
                # Read by Outlook only, which the local stack has none of: its pane lives on a loopback address.
                "addin_server_domain": "vmr.example.com",
                **addresses,
            }
        )
