"""OAuth2 clients for the management API: scripts and tools that sign in with their own private key (I7).

Rows of table `integrations`, in a separate partition:

    api-clients / client:<client id>                           id, name, role, public_key, created
                / assertion:<expiry, seconds>-<digest>         a used assertion, until it expires anyway
                / sequence                                     the last id

The private key is created here, returned once, and not stored, so nobody can sign in with the contents of the table.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from shared.clock import Clock
from shared.errors import Conflict, NotFound
from shared.integrations.syntax import is_guid
from shared.storage import Delete, Insert, Replace, Row, RowChanged, RowExists, Storage, Values, first_rows

MAX_CLIENTS = 100
"""Maximum number of clients per deployment. There is a limit because lists are read completely."""

FORGOTTEN_AT_ONCE = 20
"""How many expired assertions are removed when a new one is recorded: more than one, so that they do not accumulate."""

_PARTITION = "api-clients"
_CLIENT, _ASSERTION, _SEQUENCE = "client:", "assertion:", "sequence"
_ATTEMPTS = 8


@dataclass(frozen=True)
class ApiClient:
    """A client. `role` is the value of an app role, `public_key` a P-256 key in PEM, `created` an ISO time in UTC."""

    id: int
    client_id: str
    name: str
    role: str
    public_key: str
    created: str


class ApiClients:
    """Stores the clients. Every call may raise Unavailable."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._table = storage.table("integrations")
        self._clock = clock

    async def all(self) -> list[ApiClient]:
        """Every client, in ascending order of id."""
        return sorted([_client(row) async for row in self._rows()], key=lambda client: client.id)

    async def get(self, id_: int) -> ApiClient:
        """The client with the given id. Raises NotFound."""
        return _client(await self._row(id_))

    async def find(self, client_id: str) -> ApiClient | None:
        """The client with the given client id, which may be any string. Takes one round trip to storage."""
        row = await self._table.get(_PARTITION, f"{_CLIENT}{client_id}") if is_guid(client_id) else None
        return _client(row) if row else None

    async def create(self, name: str, role: str) -> tuple[ApiClient, str]:
        """Create a client. Returns it and its private key in PEM, which cannot be retrieved again. Raises Conflict if
        there are too many clients.
        """
        if len(await self.all()) >= MAX_CLIENTS:
            raise Conflict(f"There are already {MAX_CLIENTS} clients. Delete unused ones.")
        public, private = _key_pair()
        for _ in range(_ATTEMPTS):
            last = await self._table.get(_PARTITION, _SEQUENCE)
            id_ = (int(last.values["id"]) if last else 0) + 1
            client = ApiClient(id_, str(uuid4()), name, role, public, self._clock.now().isoformat())
            number = Replace(last, {"id": id_}) if last else Insert(_SEQUENCE, {"id": id_})
            try:
                await self._table.commit(_PARTITION, number, Insert(f"{_CLIENT}{client.client_id}", _values(client)))
            except (RowChanged, RowExists):
                continue  # another client has just been created
            return client, private
        raise Conflict("Too many clients are being created at the same time. Please try again.")

    async def change(self, id_: int, *, name: str | None = None, role: str | None = None) -> ApiClient:
        """Change a client's name or role. Raises NotFound, and Conflict if it has just changed."""
        row = await self._row(id_)
        given = {key: value for key, value in (("name", name), ("role", role)) if value is not None}
        values: Values = {**row.values, **given}
        await self._table.commit(_PARTITION, Replace(row, values))
        return _client(Row(_PARTITION, row.key, values))

    async def delete(self, id_: int) -> None:
        """Remove a client; its tokens become invalid. Raises NotFound."""
        await self._table.commit(_PARTITION, Delete(await self._row(id_)))

    async def use_assertion(self, client_id: str, jti: str, until: datetime) -> bool:
        """Record that an assertion was used. Returns False if it was used before. The record lasts until it expires."""
        digest = sha256(f"{client_id} {jti}".encode()).hexdigest()
        try:
            await self._table.commit(_PARTITION, Insert(f"{_ASSERTION}{int(until.timestamp()):010}-{digest}", {}))
        except RowExists:
            return False
        await self._forget_assertions()
        return True

    async def _forget_assertions(self) -> None:
        """Remove some expired assertions; keys are sorted by expiry."""
        now = f"{_ASSERTION}{int(self._clock.now().timestamp()):010}"
        rows = self._table.rows(_PARTITION, _ASSERTION, page=FORGOTTEN_AT_ONCE)
        for row in await first_rows(rows, FORGOTTEN_AT_ONCE):
            if row.key >= now:
                break
            try:
                await self._table.commit(_PARTITION, Delete(row))
            except RowChanged:
                continue  # another process has removed it

    async def _row(self, id_: int) -> Row:
        async for row in self._rows():
            if row.values["id"] == id_:
                return row
        raise NotFound(f"There is no oauth2_client with id {id_}.")

    def _rows(self) -> AsyncIterator[Row]:
        return self._table.rows(_PARTITION, _CLIENT)


def _client(row: Row) -> ApiClient:
    values = row.values
    texts = (str(values[name]) for name in ("name", "role", "public_key", "created"))
    return ApiClient(int(values["id"]), row.key.removeprefix(_CLIENT), *texts)


def _values(client: ApiClient) -> Values:
    return {
        "id": client.id, "name": client.name, "role": client.role, "public_key": client.public_key,
        "created": client.created,
    }  # fmt: skip


def _key_pair() -> tuple[str, str]:
    """A new P-256 key pair for ES256: the public and the private key, in PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem, key = serialization.Encoding.PEM, ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return public.decode(), private.decode()
