"""VMRs and users in real tables: a VMR and its claims change in one transaction, and users are found by any key."""

import asyncio
from uuid import uuid4

import pytest

from shared.azure_storage import AzureStorage
from shared.errors import NotFound, SettingsInvalid
from shared.personal.store import VmrStore
from shared.personal.users import UserStore
from tests.support.personal_vmrs import integration, kept


async def test_vmrs_are_stored_changed_and_deleted(azure_storage: AzureStorage) -> None:
    store, mark = VmrStore(azure_storage), uuid4().hex
    owner, other = f"Alice#/?'%{mark}@example.com", f"{mark}@example.com"
    [one, two] = await store.numbers(2)
    await store.create(kept(one, f"a{mark}", f"b{mark}", name=f"A {mark}", primary_owner_email_address=other))
    with pytest.raises(SettingsInvalid) as taken:
        await store.create(kept(two, f"B{mark}", name=f"B {mark}"))
    assert list(taken.value.faults) == ["aliases"]
    await store.change(
        one, lambda now: now.model_copy(update={"primary_owner_email_address": owner, "aliases": now.aliases[:1]})
    )
    assert [vmr.aliases for vmr in await store.of_owner("", owner.upper())] == [(f"a{mark}",)]
    assert await store.of_owner("", other) == []
    await store.create(kept(two, f"b{mark}", name=f"B {mark}", primary_owner_email_address=other))
    for id_ in (one, two):
        await store.delete(id_)
        with pytest.raises(NotFound):
            await store.get(id_)


async def test_concurrent_ids_and_users_are_unique(azure_storage: AzureStorage) -> None:
    users, corp = UserStore(azure_storage), integration(str(uuid4()))
    blocks = await asyncio.gather(*(users.numbers(3) for _ in range(5)))
    assert len({number for block in blocks for number in block}) == 15
    subject = f"adfs:{uuid4()}"
    found = await asyncio.gather(*(users.signed_in(corp, subject, "alice@example.com", "Alice") for _ in range(4)))
    [uuid] = {user.uuid for user in found}
    await users.sign_out(corp, uuid)
    assert await users.known(corp, subject) is None
    await users.delete(found[0].id)
