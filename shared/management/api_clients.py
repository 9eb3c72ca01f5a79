"""`oauth2_client`: clients that may use this API with an access token from `POST /oauth/token/`. `role`: what each
client may do.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.api_paths import CONFIGURATION, id_in, uri
from shared.errors import NotFound, SettingsInvalid
from shared.identity.api_clients import ApiClient, ApiClients
from shared.management.admins import ADMIN_ROLE, READER_ROLE
from shared.management.fixed import FixedResource
from shared.management.resource import Action, Object, Schema, Shown

API_CLIENT = "oauth2_client"
ROLE = "role"
NAME_MAX_LENGTH = 100

_ROLES = {1: ADMIN_ROLE, 2: READER_ROLE}
"""The roles, keyed by id. In the original product, admins define their own roles. Here, there are just these two."""

_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "client_id": {"type": "string", "readOnly": True, "description": "The client's id (iss and sub)."},
        "client_name": {"type": "string", "minLength": 1, "maxLength": NAME_MAX_LENGTH,
                        "description": "The client's name. Changes made by the client are recorded under it."},
        "role": {"type": "string", "format": "uri-reference", "description": "The URI of a role."},
        "private_key_jwt": {"type": ["string", "null"], "readOnly": True,
                            "description": "The private key for ES256, in PEM. Only returned on creation."},
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
    "required": ["client_name", "role"],
}  # fmt: skip


class ApiClientResource:
    """A WritableResource."""

    area = CONFIGURATION
    name = API_CLIENT
    about = "OAuth2 clients of this API. Each signs in with its own private key."
    schema = _SCHEMA
    actions: Mapping[str, Action] = {}
    has_etags = False
    emptied_by_put: Mapping[str, Any] = {}

    def __init__(self, clients: ApiClients) -> None:
        self._clients = clients

    async def all(self) -> Sequence[Object]:
        """Every client."""
        return [_shown(client) for client in await self._clients.all()]

    async def one(self, id_: int) -> Shown:
        """The client with the given id. Raises NotFound."""
        return Shown(_shown(await self._clients.get(id_)))

    async def id_named(self, name: str) -> int:
        """The numeric id of the client with this client id. The original's clients use both ids. Raises NotFound."""
        client = await self._clients.find(name)
        if client is None:
            raise NotFound(f"There is no {API_CLIENT} with the client id {name}.")
        return client.id

    async def create(self, fields: Object) -> Shown:
        """A new client, with its private key. Raises SettingsInvalid, and Conflict if there are too many."""
        given = _understood(fields)
        missing = {name: ["This field is required."] for name in ("client_name", "role") if name not in given}
        if missing:
            raise SettingsInvalid(missing)
        client, private_key = await self._clients.create(given["client_name"], given["role"])
        return Shown({**_shown(client), "private_key_jwt": private_key})

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """The client with a new name or role. Raises NotFound, SettingsInvalid, Conflict."""
        given = _understood(fields)
        client = await self._clients.change(id_, name=given.get("client_name"), role=given.get("role"))
        return Shown(_shown(client))

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Remove the client, which also invalidates its tokens. Raises NotFound."""
        await self._clients.delete(id_)


def roles() -> FixedResource:
    """The existing roles."""
    about = f"What clients and people may do: {ADMIN_ROLE} may do everything, {READER_ROLE} may only read."
    properties = {"name": {"type": "string", "readOnly": True}, "permissions": {"type": "array", "readOnly": True}}
    named = [{"id": id_, "name": name, "permissions": list[str]()} for id_, name in _ROLES.items()]
    return FixedResource(CONFIGURATION, ROLE, about, properties, named)


def _shown(client: ApiClient) -> dict[str, Any]:
    id_ = next(id_ for id_, name in _ROLES.items() if name == client.role)
    return {
        "id": client.id,
        "client_id": client.client_id,
        "client_name": client.name,
        "role": uri(CONFIGURATION, ROLE, id_),
        "private_key_jwt": None,
        "resource_uri": uri(CONFIGURATION, API_CLIENT, client.id),
    }


def _understood(fields: Object) -> dict[str, str]:
    """The writable fields, with the role's name. Other fields are ignored. Raises SettingsInvalid."""
    faults = {name: ["There is no such field."] for name in fields.keys() - _SCHEMA["properties"].keys()}
    given = dict[str, str]()
    if "client_name" in fields:
        given["client_name"] = name = fields["client_name"]
        if not (isinstance(name, str) and name.strip() and len(name) <= NAME_MAX_LENGTH):
            faults["client_name"] = [f"Must be 1 to {NAME_MAX_LENGTH} characters long."]
    if "role" in fields:
        given["role"] = _ROLES.get(id_in(fields["role"], CONFIGURATION, ROLE) or 0, "")
        if not given["role"]:
            known = " or ".join(f"{uri(CONFIGURATION, ROLE, id_)} ({name})" for id_, name in _ROLES.items())
            faults["role"] = [f"Must be {known}."]
    if faults:
        raise SettingsInvalid(faults)
    return given
