"""A signed-in user's list contains the user's own VMRs and no others (P1)."""

from collections.abc import Sequence
from typing import Any

import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.errors import NotAllowed, NotAuthenticated, NotFound, Unavailable
from shared.identity.caller import Caller
from shared.integrations import Integration, IntegrationStore
from shared.personal.end_user import UserRecord
from shared.personal.fields import validated
from shared.personal.lookup import PersonalVmrs
from shared.personal.rendering import Vmr
from shared.personal.sources import ChosenSource, StoreSource
from shared.personal.store import VmrStore
from shared.personal.users import UserStore
from tests.fakes.clock import FakeClock
from tests.support.integrations import full_fields
from tests.support.personal_vmrs import OTHER, kept, vmr

OID = "0c5e5b4f-2f0e-4a57-9d0c-7f1f0f5f2f7c"
ENTRA = f"entra:33333333-3333-4333-8333-333333333333:{OID}"


class Bridge:
    """A fake `VmrSource` with one VMR for each owner."""

    async def of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        return [vmr(name=f"Bridge room of {email}")]


class PersonalVmrsWorld:
    """Storage with VMRs, and callers whose tokens are their names."""

    def __init__(self) -> None:
        self.storage, self.clock = MemoryStorage(), FakeClock()
        self.integrations = IntegrationStore(self.storage, MemorySecrets(), self.clock)
        self.users, self.store = UserStore(self.storage), VmrStore(self.storage)
        self.callers: dict[str, Caller] = {}
        source = ChosenSource(StoreSource(self.store), Bridge())
        self.lookup = PersonalVmrs(self.integrations, self.identify, self.users, source)

    async def identify(self, integration: Integration, token: str) -> Caller:
        if token not in self.callers:
            raise NotAuthenticated("Who are you?")
        return self.callers[token]

    async def integration(self, **changes: Any) -> Integration:
        return await self.integrations.create(full_fields(**changes))

    async def names(self, integration: Integration, token: str) -> list[str]:
        return [entry["name"] for entry in await self.lookup.listing(integration.uuid, token)]


@pytest.fixture
async def world() -> PersonalVmrsWorld:
    world = PersonalVmrsWorld()
    await world.store.create(kept(1, "a", name="Alice's room"))
    await world.store.create(kept(2, "b", name="Bob's room", primary_owner_email_address="bob@example.com"))
    await world.store.create(kept(3, "o", name="Nobody's room", primary_owner_email_address=""))
    world.callers = {
        "alice": Caller("adfs:a", "session", "Alice@Example.com"),
        "bob": Caller("adfs:b", "session", "bob@example.com"),
        "entra": Caller(ENTRA, "entra"),
    }
    return world


async def test_users_get_their_own_vmrs(world: PersonalVmrsWorld) -> None:
    integration = await world.integration()
    assert await world.names(integration, "alice") == ["Alice's room"]
    assert await world.names(integration, "bob") == ["Bob's room"]
    [entry] = await world.lookup.listing(integration.uuid, "bob")
    assert entry.keys() == {"name", "description", "instructions", "instructions_text", "location"}


async def test_callers_without_a_valid_token_get_no_vmrs(world: PersonalVmrsWorld) -> None:
    integration = await world.integration()
    for token in ("", "forged"):
        with pytest.raises(NotAuthenticated):
            await world.lookup.listing(integration.uuid, token)
    with pytest.raises(NotFound):
        await world.lookup.listing(OTHER, "alice")


async def test_an_outlook_token_has_no_address_until_a_user_record_supplies_it(world: PersonalVmrsWorld) -> None:
    integration = await world.integration()
    with pytest.raises(NotAuthenticated, match="sign in"):
        await world.lookup.listing(integration.uuid, "entra")
    record = {"id": 1, "uuid": "u", "primary_email_address": "bob@example.com", "user_oid": OID}
    await world.users.create(validated(UserRecord, {**record, "integration": OTHER}))
    with pytest.raises(NotAuthenticated):
        await world.lookup.listing(integration.uuid, "entra")
    await world.users.create(validated(UserRecord, {**record, "id": 2, "uuid": "v", "integration": integration.uuid}))
    assert await world.names(integration, "entra") == ["Bob's room"]
    await world.users.delete(2)
    with pytest.raises(NotAuthenticated):
        await world.lookup.listing(integration.uuid, "entra")


async def test_a_remembered_outlook_token_makes_another_sign_in_unnecessary(world: PersonalVmrsWorld) -> None:
    integration = await world.integration()
    user = await world.users.signed_in(integration, "adfs:a", "alice@example.com", "Alice")
    await world.users.remember(integration, user.uuid, Caller(ENTRA, "test", expires=2**40))
    assert await world.names(integration, "entra") == ["Alice's room"]
    await world.users.sign_out(integration, user.uuid)
    with pytest.raises(NotAuthenticated):
        await world.lookup.listing(integration.uuid, "entra")


async def test_an_integration_never_shows_another_integrations_vmrs(world: PersonalVmrsWorld) -> None:
    one = await world.integration()
    two = await world.integration(name="Other", room_mailbox_email_address="o@example.com", uuid=OTHER)
    await world.store.create(kept(4, "x", name="Of one", integration=one.uuid))
    assert await world.names(one, "alice") == ["Alice's room", "Of one"]
    assert await world.names(two, "alice") == ["Alice's room"]


async def test_the_platform_determines_where_vmrs_are_looked_up(world: PersonalVmrsWorld) -> None:
    integration = await world.integration(conference_platform="management_api")
    assert await world.names(integration, "bob") == ["Bridge room of bob@example.com"]


async def test_vmrs_are_listed_only_if_personal_vmrs_are_enabled(world: PersonalVmrsWorld) -> None:
    integration = await world.integration(enable_personal_vmrs=False)
    with pytest.raises(NotAllowed):
        await world.lookup.listing(integration.uuid, "alice")


async def test_a_failing_template_is_reported_instead_of_hiding_vmrs(world: PersonalVmrsWorld) -> None:
    failing = "{{ name | pex_require_min_length(200) }}"
    integration = await world.integration(personal_vmr_name_template=failing)
    with pytest.raises(Unavailable, match="administrator"):
        await world.lookup.listing(integration.uuid, "alice")


async def test_hundreds_of_vmrs_are_listed(world: PersonalVmrsWorld) -> None:
    integration = await world.integration()
    for number in range(10, 310):
        await world.store.create(kept(number, f"{number}"))
    before = world.storage.round_trips
    assert len(await world.names(integration, "alice")) == 301
    assert world.storage.round_trips - before == 1
