"""`status/v1/connector_name/`: the names of the integrations, for choosing one of many (W4, W6).

    GET …/connector_name/?text=corp&order_by=name&limit=20

Only a few columns of each integration are read, with one round trip to storage per thousand integrations.
(`ms_exchange_connector` reads and shows every setting.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.api_paths import STATUS, uri
from shared.integrations import Integration, IntegrationStore
from shared.management.connector_objects import connector_uri
from shared.management.listing import SEARCHED
from shared.management.resource import Action, Object, Schema, Shown

CONNECTOR_NAME = "connector_name"

_COLUMNS = ("id", "uuid", "name", "room_mailbox_email_address")
_TEXT: Schema = {"type": "string", "readOnly": True}
_SCHEMA: Schema = {
    "type": "object",
    SEARCHED: ["name", "room_mailbox_email_address"],
    "properties": {
        "id": {"type": "integer", "readOnly": True, "description": "The integration's id."},
        "name": _TEXT,
        "room_mailbox_email_address": {
            **_TEXT,
            "type": ["string", "null"],
            "description": "Distinguishes integrations with the same name.",
        },
        "exchange_connector": {"type": "string", "format": "uri-reference", "readOnly": True},
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
}


@dataclass(frozen=True)
class ConnectorNames:
    """A Resource with one object per integration, under the integration's id."""

    integrations: IntegrationStore

    area = STATUS
    name = CONNECTOR_NAME
    about = "The names of the integrations, for choosing one of many."
    schema = _SCHEMA

    @property
    def actions(self) -> Mapping[str, Action]:
        """There are no actions."""
        return {}

    async def all(self) -> Sequence[Object]:
        """The name of every integration, in ascending order of id. Takes one round trip to storage per thousand
        integrations.
        """
        found = [_named(each) async for each in self.integrations.outlines(columns=_COLUMNS)]
        return sorted(found, key=lambda fields: int(fields["id"]))

    async def one(self, id_: int) -> Shown:
        """The name of the integration with the given id. Raises NotFound."""
        return Shown(_named(await self.integrations.by_id(id_)))


def _named(integration: Integration) -> Object:
    return {
        "id": integration.id,
        "name": integration.name,
        "room_mailbox_email_address": integration.room_mailbox_email_address,
        "exchange_connector": connector_uri(integration),
        "resource_uri": uri(STATUS, CONNECTOR_NAME, integration.id),
    }
