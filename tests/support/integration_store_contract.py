"""The contract of an IntegrationStore on any storage backend. A subclass's module provides a `storage` fixture."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from dev.harness.secrets import MemorySecrets
from shared.errors import Conflict, NotFound, SettingsInvalid, StaleObject, Unavailable
from shared.integrations import Integration, IntegrationStore
from shared.integrations.cache import CACHE_MAX_AGE
from shared.integrations.integration import SECRET_FIELDS, TEMPLATE_FIELDS
from shared.integrations.service_sign_in import finish_sign_in, start_sign_in
from shared.storage import Queue, Row, RowChanged, Storage, Table, Write
from tests.fakes.clock import FakeClock
from tests.support.icons import png
from tests.support.integrations import GUID, full_fields, graph_fields

SEEDED = "11111111-1111-4111-8111-111111111111"


@dataclass
class StoreWorld:
    storage: Storage
    clock: FakeClock
    secrets: MemorySecrets
    store: IntegrationStore

    def another_instance(self, storage: Storage | None = None) -> IntegrationStore:
        """A second process in the same deployment."""
        return IntegrationStore(storage or self.storage, self.secrets, self.clock)

    async def everything(self) -> str:
        """Everything in the table, as text."""
        return str([row async for row in self.storage.table("integrations").everything()])


class Interrupting:
    """A `Storage` whose next commits fail, or are preceded by other actions."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.before_commit: list[object] = []

    def table(self, name: str) -> Table:
        return _InterruptingTable(self._storage.table(name), self.before_commit)

    def queue(self, name: str) -> Queue:
        return self._storage.queue(name)

    async def close(self) -> None:
        await self._storage.close()


class _InterruptingTable:
    def __init__(self, table: Table, before_commit: list[object]) -> None:
        self._table = table
        self._before_commit = before_commit

    async def get(self, partition: str, key: str) -> Row | None:
        return await self._table.get(partition, key)

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        event = self._before_commit.pop(0) if self._before_commit else None
        if event == "answer is lost":
            await self._table.commit(partition, *operations)
            return await self._table.commit(partition, *operations)  # as if an SDK retried
        if isinstance(event, Exception):
            raise event
        if callable(event):
            await event()
        return await self._table.commit(partition, *operations)

    def rows(self, partition: str, prefix: str = "", after: str = "", **range_: Any) -> AsyncIterator[Row]:
        return self._table.rows(partition, prefix, after, **range_)

    def everything(self) -> AsyncIterator[Row]:
        return self._table.everything()


def fields_for(number: int) -> dict[str, object]:
    return graph_fields(name=f"Number {number}", room_mailbox_email_address=f"vmr{number}@example.com")


class IntegrationStoreContract:
    @pytest.fixture
    def world(self, storage: Storage) -> StoreWorld:
        clock, secrets = FakeClock(), MemorySecrets()
        return StoreWorld(storage, clock, secrets, IntegrationStore(storage, secrets, clock))

    # --- creating and reading

    async def test_a_created_integration_can_be_read(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields())
        reader = world.another_instance()
        assert await reader.get(created.uuid) == await reader.cached(created.uuid) == created
        assert await reader.by_id(created.id) == created
        assert await reader.list() == [created]

    async def test_new_integrations_have_different_identities(self, world: StoreWorld) -> None:
        first, second = await world.store.create(fields_for(1)), await world.store.create(fields_for(2))
        assert first.uuid != second.uuid
        assert (first.id, second.id) == (1, 2)
        assert [entry.id for entry in first.domains + second.domains] == [1, 2]
        assert first.domains[0].creation_time == world.clock.now()

    async def test_a_given_uuid_can_be_used_only_once(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields(uuid=SEEDED))
        assert (await world.store.get(SEEDED.upper())).uuid == created.uuid == SEEDED
        with pytest.raises(SettingsInvalid) as caught:
            await world.store.create(fields_for(2) | {"uuid": SEEDED})
        assert caught.value.faults.keys() == {"uuid"}

    @pytest.mark.parametrize("uuid", ["", GUID, "x" * 36, "a/b", "sequence", "'", "\x00", "é" * 500])
    async def test_a_missing_integration_is_not_found(self, world: StoreWorld, uuid: str) -> None:
        for read in (world.store.get, world.store.cached, world.store.delete):
            with pytest.raises(NotFound):
                await read(uuid)
        with pytest.raises(NotFound):
            await world.store.update(uuid, {"name": "x"})

    async def test_an_id_identifies_one_integration_only(self, world: StoreWorld) -> None:
        """An instance that has cached an id's uuid notices deletions and creations by other instances."""
        other = world.another_instance()
        first = await world.store.create(graph_fields(uuid=SEEDED))
        assert (await other.by_id(first.id)).uuid == await other.uuid_of(first.id) == SEEDED
        await world.store.delete(SEEDED)
        with pytest.raises(NotFound):
            await other.by_id(first.id)
        again = await world.store.create(graph_fields(uuid=SEEDED))
        with pytest.raises(NotFound):
            await other.by_id(first.id)
        assert (await other.by_id(again.id)).uuid == await other.uuid_of(again.id) == SEEDED
        assert await other.uuid_of(first.id) is None
        await world.store.delete(SEEDED)
        assert await world.store.uuid_of(again.id) is None, "this instance deleted it"
        world.clock.move(CACHE_MAX_AGE)
        assert await other.uuid_of(again.id) is None

    async def test_invalid_ids_are_not_found(self, world: StoreWorld) -> None:
        for id_ in (0, -1, 7, 2**63):
            with pytest.raises(NotFound):
                await world.store.by_id(id_)

    @pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # from aiohttp, for bodies above 1 MiB
    async def test_the_largest_settings_can_be_stored(self, world: StoreWorld) -> None:
        templates = sorted(TEMPLATE_FIELDS - {"meeting_instructions_template"})
        longest = dict.fromkeys(templates[:18], "😀" * 12_288)
        domains = [{"domain": f"{'m' * 60}.{'n' * 60}.host{n:02}.example.com"} for n in range(50)]
        created = await world.store.create(full_fields(**longest, domains=domains))
        assert await world.another_instance().get(created.uuid) == created

    async def test_texts_are_read_back_unchanged(self, world: StoreWorld) -> None:
        text = "<p>\r\n\ttabs, 😀 'quotes\" & \xa0nbsp\n\n</p>\r"
        created = await world.store.create(graph_fields(placeholder_instructions_template=text))
        assert (await world.another_instance().get(created.uuid)).placeholder_instructions_template == text

    async def test_a_refused_creation_leaves_nothing(self, world: StoreWorld) -> None:
        with pytest.raises(SettingsInvalid):
            await world.store.create(full_fields(meeting_buffer_after=181))
        assert await world.everything() == "[]"
        assert world.secrets.kept == {}

    # --- the cache

    async def test_cached_settings_are_at_most_thirty_seconds_old(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        other = world.another_instance()
        await other.cached(created.uuid)
        await world.store.update(created.uuid, {"name": "New"})
        world.clock.move(timedelta(seconds=29))
        assert (await other.cached(created.uuid)).name == created.name
        world.clock.move(timedelta(seconds=1))
        assert (await other.cached(created.uuid)).name == "New"

    async def test_an_instance_sees_its_own_saves_immediately(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        await world.store.update(created.uuid, {"name": "New"})
        assert (await world.store.cached(created.uuid.upper())).name == "New"
        await world.store.delete(created.uuid)
        with pytest.raises(NotFound):
            await world.store.cached(created.uuid)

    # --- changing

    async def test_a_change_does_not_affect_other_settings(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields())
        changed = await world.store.update(created.uuid, {"name": "New", "ivr_theme": "Blue"})
        assert changed == created.model_copy(update={"name": "New", "ivr_theme": "Blue", "revision": 2})
        assert await world.another_instance().get(created.uuid) == changed

    async def test_a_change_without_effect_creates_no_revision(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields())
        same = {name: value for name, value in created.resource().items() if name not in SECRET_FIELDS}
        assert await world.store.update(created.uuid, same) == created

    async def test_a_refused_change_changes_nothing(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields())
        before = await world.everything()
        kept = dict(world.secrets.kept)
        with pytest.raises(SettingsInvalid):
            await world.store.update(created.uuid, {"name": "New", "password": "new", "url": "ftp://x"})
        assert await world.everything() == before
        assert world.secrets.kept == kept

    async def test_a_refused_change_to_an_outdated_revision_lists_the_changed_settings(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields())
        await world.another_instance().update(created.uuid, {"name": "Hers", "password": "hers"}, revision=1)
        kept = dict(world.secrets.kept)
        with pytest.raises(StaleObject) as caught:
            await world.store.update(created.uuid, {"description": "Mine", "password": "mine"}, revision=1)
        assert caught.value.changed == ["name", "password"]
        assert "name, password" in str(caught.value)
        assert (await world.store.get(created.uuid)).description == ""
        assert world.secrets.kept == kept
        assert (await world.store.update(created.uuid, {"description": "Mine"}, revision=2)).name == "Hers"

    async def test_changes_without_a_revision_are_merged_by_setting(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        names = ["name", "description", "addin_pane_title", "room_mailbox_name", "ivr_theme"]
        stores = [world.another_instance() for _ in names]
        await asyncio.gather(
            *(store.update(created.uuid, {name: "New"}) for store, name in zip(stores, names, strict=True))
        )
        now = await world.store.get(created.uuid)
        assert [getattr(now, name) for name in names] == ["New"] * 5
        assert now.revision == 6

    async def test_only_one_of_two_concurrent_saves_of_the_same_revision_succeeds(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        results = await asyncio.gather(
            world.store.update(created.uuid, {"name": "Mine"}, revision=1),
            world.another_instance().update(created.uuid, {"name": "Hers"}, revision=1),
            return_exceptions=True,
        )
        (saved,) = [result for result in results if isinstance(result, Integration)]
        (refused,) = [result for result in results if isinstance(result, StaleObject)]
        assert refused.changed == ["name"]
        assert await world.another_instance().get(created.uuid) == saved

    async def test_a_concurrent_change_is_not_overwritten(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        interrupting = Interrupting(world.storage)

        async def meanwhile() -> None:
            await world.store.update(created.uuid, {"description": "Hers"})

        interrupting.before_commit.append(meanwhile)
        saved = await world.another_instance(interrupting).update(created.uuid, {"name": "Mine"})
        assert (saved.name, saved.description, saved.revision) == ("Mine", "Hers", 3)

    async def test_endless_interference_ends_in_a_conflict(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields())
        kept = dict(world.secrets.kept)
        interrupting = Interrupting(world.storage)
        interrupting.before_commit += [RowChanged("changed")] * 100
        with pytest.raises(Conflict, match="try again"):
            await world.another_instance(interrupting).update(created.uuid, {"password": "new"})
        assert world.secrets.kept == kept

    # --- the equipment mailbox

    async def test_an_equipment_mailbox_belongs_to_one_integration(self, world: StoreWorld) -> None:
        await world.store.create(fields_for(1))
        second = await world.store.create(fields_for(2))
        taken = {"room_mailbox_email_address": "VMR1@Example.com"}
        with pytest.raises(SettingsInvalid) as caught:
            await world.store.create(fields_for(3) | taken)
        assert caught.value.faults.keys() == {"room_mailbox_email_address"}
        with pytest.raises(SettingsInvalid) as caught:
            await world.store.update(second.uuid, taken | {"meeting_buffer_after": 181})
        assert caught.value.faults.keys() == {"room_mailbox_email_address", "meeting_buffer_after"}

    async def test_a_mailbox_becomes_free_after_a_change_or_a_deletion(self, world: StoreWorld) -> None:
        first, second = await world.store.create(fields_for(1)), await world.store.create(fields_for(2))
        await world.store.update(first.uuid, {"room_mailbox_email_address": "new@example.com"})
        await world.store.update(second.uuid, {"room_mailbox_email_address": "vmr1@example.com"})
        await world.store.delete(first.uuid)
        third = await world.store.create(fields_for(3) | {"room_mailbox_email_address": "new@example.com"})
        assert third.mailbox == "new@example.com"

    async def test_a_mailbox_keeps_its_owner_when_only_the_letter_case_changes(self, world: StoreWorld) -> None:
        created = await world.store.create(fields_for(1))
        changed = await world.store.update(created.uuid, {"room_mailbox_email_address": "VMR1@example.com"})
        assert changed.room_mailbox_email_address == "VMR1@example.com"
        with pytest.raises(SettingsInvalid):
            await world.store.create(fields_for(1))

    async def test_only_one_of_many_concurrent_claims_gets_a_mailbox(self, world: StoreWorld) -> None:
        results = await asyncio.gather(
            *(world.another_instance().create(graph_fields(password="s")) for _ in range(6)), return_exceptions=True
        )
        refused = [result for result in results if isinstance(result, SettingsInvalid)]
        assert len(refused) == 5
        assert all(error.faults.keys() == {"room_mailbox_email_address"} for error in refused)
        assert len(await world.store.list()) == len(world.secrets.kept) == 1

    async def test_only_one_of_two_integrations_that_claim_a_mailbox_gets_it(self, world: StoreWorld) -> None:
        both = [await world.store.create(fields_for(1)), await world.store.create(fields_for(2))]
        wanted = {"room_mailbox_email_address": "new@example.com"}
        results = await asyncio.gather(
            *(world.another_instance().update(one.uuid, wanted) for one in both), return_exceptions=True
        )
        assert sorted(type(result).__name__ for result in results) == ["Integration", "SettingsInvalid"]

    # --- ids

    async def test_ids_are_never_reused(self, world: StoreWorld) -> None:
        first = await world.store.create(fields_for(1))
        await world.store.delete(first.uuid)
        second = await world.store.create(fields_for(1))
        assert (second.id, second.domains[0].id) == (2, 2)
        await world.store.update(second.uuid, {"domains": [{"domain": "a.example.com"}]})
        changed = await world.store.update(second.uuid, {"domains": [{"domain": "b.example.com"}]})
        assert changed.domains[0].id == 4
        with pytest.raises(NotFound):
            await world.store.by_id(first.id)

    async def test_concurrent_creations_get_different_ids(self, world: StoreWorld) -> None:
        created = await asyncio.gather(*(world.another_instance().create(fields_for(n)) for n in range(8)))
        assert sorted(one.id for one in created) == list(range(1, 9))
        assert sorted(one.domains[0].id for one in created) == list(range(1, 9))
        assert [one.id for one in await world.store.list()] == list(range(1, 9))

    async def test_domains_keep_their_ids_while_others_are_added_and_removed(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        (cloud,) = created.domains
        world.clock.move(timedelta(hours=1))
        sent = [{"domain": "mail.example.com"}, {"id": cloud.id}]
        changed = await world.store.update(created.uuid, {"domains": sent})
        assert changed.domains[1] == cloud
        assert (changed.domains[0].id, changed.domains[0].creation_time) == (2, world.clock.now())

    # --- secrets

    async def test_secrets_are_stored_separately_from_settings(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields(password="correct horse"))
        assert created.password
        secret = await world.store.secret(created.uuid, "password")
        assert secret
        assert secret.get_secret_value() == "correct horse"
        assert "correct horse" not in await world.everything() + repr(created) + str(created.resource())

    async def test_a_replaced_secret_is_deleted(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields(password="old"))
        await world.store.update(created.uuid, {"password": "new"})
        secret = await world.store.secret(created.uuid, "password")
        assert secret
        assert secret.get_secret_value() == "new"
        assert len(world.secrets.kept) == len([field for field in SECRET_FIELDS if full_fields().get(field)])

    async def test_another_instance_finds_a_replaced_secret(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields(password="old"))
        other = world.another_instance()
        await other.cached(created.uuid)
        await world.store.update(created.uuid, {"password": "new"})
        secret = await other.secret(created.uuid, "password")
        assert secret
        assert secret.get_secret_value() == "new"

    async def test_an_empty_string_clears_a_secret(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields("GRAPH"))
        await world.store.update(created.uuid, {"oauth_client_secret": ""})
        assert await world.store.secret(created.uuid, "oauth_client_secret") is None
        assert await world.store.secret(created.uuid, "oauth_refresh_token") is None

    async def test_a_required_secret_cannot_be_cleared(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields("BASIC"))
        with pytest.raises(SettingsInvalid) as caught:
            await world.store.update(created.uuid, {"password": ""})
        assert caught.value.faults.keys() == {"password"}

    async def test_a_failed_write_with_an_unknown_outcome_loses_no_secret(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields(password="old"))
        interrupting = Interrupting(world.storage)
        interrupting.before_commit.append(Unavailable("the network failed"))
        with pytest.raises(Unavailable):
            await world.another_instance(interrupting).update(created.uuid, {"password": "new"})
        secret = await world.another_instance().secret(created.uuid, "password")
        assert secret
        assert secret.get_secret_value() == "old"

    async def test_a_lost_response_to_a_write_does_no_harm(self, world: StoreWorld) -> None:
        interrupting = Interrupting(world.storage)
        store = world.another_instance(interrupting)
        interrupting.before_commit.append("answer is lost")
        created = await store.create(full_fields())
        assert await world.store.list() == [created]
        interrupting.before_commit.append("answer is lost")
        changed = await store.update(created.uuid, {"password": "new", "name": "New"})
        assert await world.another_instance().get(created.uuid) == changed
        secret = await world.store.secret(created.uuid, "password")
        assert secret
        assert secret.get_secret_value() == "new"

    # --- icon, manifest, sign-in, deletion

    async def test_a_new_icon_changes_the_manifest_once(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        assert await world.store.icon(created.uuid) is None
        changed = await world.store.put_icon(created.uuid, png())
        again = await world.store.put_icon(created.uuid, png())
        assert await world.another_instance().icon(created.uuid) == png()
        assert (created.manifest_revision, changed.manifest_revision, again.manifest_revision) == (1, 2, 2)
        other = await world.store.put_icon(created.uuid, png(colour=2))
        assert (other.manifest_revision, await world.store.icon(created.uuid)) == (3, png(colour=2))

    async def test_an_invalid_icon_is_refused(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        with pytest.raises(SettingsInvalid) as caught:
            await world.store.put_icon(created.uuid, png(81, 80))
        assert caught.value.faults.keys() == {"icon"}
        assert await world.store.icon(created.uuid) is None
        with pytest.raises(NotFound):
            await world.store.put_icon(GUID, png())

    async def test_the_manifest_must_be_installed_until_an_admin_acknowledges_it(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        done = await world.store.acknowledge_manifest(created.uuid, 1)
        assert not done.manifest_reinstall_needed
        assert not (await world.store.update(created.uuid, {"name": "New"})).manifest_reinstall_needed
        changed = await world.store.update(created.uuid, {"addin_button_label": "New"})
        assert (changed.manifest_revision, changed.manifest_reinstall_needed) == (2, True)

    async def test_an_outdated_manifest_cannot_be_acknowledged(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        await world.store.update(created.uuid, {"addin_button_label": "New"})
        with pytest.raises(Conflict, match="revision 2"):
            await world.store.acknowledge_manifest(created.uuid, 1)
        assert (await world.store.get(created.uuid)).manifest_reinstall_needed

    async def test_a_recreated_integration_has_to_be_installed_again(self, world: StoreWorld) -> None:
        created = await world.store.create(graph_fields())
        await world.store.acknowledge_manifest(created.uuid, 1)
        await world.store.delete(created.uuid)
        again = await world.store.create(graph_fields())
        assert again.manifest_reinstall_needed
        assert again.uuid != created.uuid

    async def test_the_service_accounts_sign_in_is_stored(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields("OAUTH"))
        state = await start_sign_in(world.store, created.uuid)
        assert (await world.another_instance().get(created.uuid)).oauth_state == state
        signed_in = await finish_sign_in(world.store, created.uuid, SecretStr("token-1"))
        assert signed_in.oauth_state is None
        await finish_sign_in(world.store, created.uuid, SecretStr("token-2"))
        secret = await world.store.secret(created.uuid, "oauth_refresh_token")
        assert secret
        assert secret.get_secret_value() == "token-2"
        assert "token-1" not in str([value.get_secret_value() for value in world.secrets.kept.values()])

    async def test_renewing_the_sign_in_does_not_conflict_with_an_admins_change(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields("OAUTH"))
        await finish_sign_in(world.store, created.uuid, SecretStr("token-1"))
        assert (await world.store.update(created.uuid, {"name": "New"}, revision=1)).oauth_refresh_token

    async def test_changing_the_account_ends_its_sign_in(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields("OAUTH"))
        await finish_sign_in(world.store, created.uuid, SecretStr("token-1"))
        await world.store.update(created.uuid, {"username": "other@example.com"})
        assert await world.store.secret(created.uuid, "oauth_refresh_token") is None
        assert "token-1" not in str([value.get_secret_value() for value in world.secrets.kept.values()])

    async def test_a_deletion_leaves_only_the_sequence_of_ids(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields())
        await world.store.put_icon(created.uuid, png())
        await world.store.delete(created.uuid)
        left = [row.key async for row in world.storage.table("integrations").everything()]
        assert left == ["sequence"]
        assert world.secrets.kept == {}
        for read in (world.store.get, world.another_instance().get):
            with pytest.raises(NotFound):
                await read(created.uuid)

    async def test_a_deletion_takes_precedence_over_a_concurrent_change(self, world: StoreWorld) -> None:
        created = await world.store.create(full_fields())
        interrupting = Interrupting(world.storage)

        async def meanwhile() -> None:
            await world.store.delete(created.uuid)

        interrupting.before_commit.append(meanwhile)
        with pytest.raises(NotFound):
            await world.another_instance(interrupting).update(created.uuid, {"password": "new"})
        assert world.secrets.kept == {}
