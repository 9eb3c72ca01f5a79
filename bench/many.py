"""Creates many integrations as copies of one, written in as few transactions as possible."""

from uuid import uuid4

from shared.integrations import IntegrationStore
from shared.integrations.rows import PARTITION, SEQUENCE_KEY, id_key, settings_key
from shared.storage import Put, Storage, Write

BATCH = 25
"""The number of copies in one transaction. Each copy has two rows."""

FIELDS = {
    "name": "Number 0",
    "authentication_method": "GRAPH",
    "room_mailbox_name": "Video meeting rooms",
    "room_mailbox_email_address": "vmr0@example.com",
    "scheduled_alias_prefix": "meet",
    "scheduled_alias_domain": "example.com",
    "addin_server_domain": "vmr.example.com",
    "domains": [{"domain": "mail.example.com"}],
}


async def fill(store: IntegrationStore, storage: Storage, count: int) -> None:
    """Add integrations, each with its own mailbox, until the deployment has exactly `count` of them."""
    first = await store.create(FIELDS)
    table = storage.table("integrations")
    row = await table.get(PARTITION, settings_key(first.uuid))
    sequence = await table.get(PARTITION, SEQUENCE_KEY)
    assert row
    assert sequence
    values = row.values
    for start in range(2, count + 1, BATCH):
        writes: list[Write] = []
        for id_ in range(start, min(start + BATCH, count + 1)):
            uuid, address = str(uuid4()), f"vmr{id_}@example.com"
            own: dict[str, str | int] = {"uuid": uuid, "id": id_, "name": f"Number {id_}"}
            own["room_mailbox_email_address"] = address
            writes += [Put(settings_key(uuid), {**values, **own}), Put(id_key(id_), {"uuid": uuid})]
        await table.commit(PARTITION, *writes)
    await table.commit(PARTITION, Put(SEQUENCE_KEY, {**sequence.values, "integration": count}))
