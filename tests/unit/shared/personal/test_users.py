"""User records, and the sign-ins stored with them."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from dev.harness.storage import MemoryStorage
from shared.errors import NotAllowed, NotFound
from shared.identity.caller import Caller
from shared.identity.end_users import EndUsers
from shared.personal.end_user import MAX_SIGN_INS, UserRecord
from shared.personal.fields import digest, validated
from shared.personal.users import UserStore
from tests.fakes.clock import FakeClock
from tests.support.personal_vmrs import CORP, OTHER, integration

OID = "0c5e5b4f-2f0e-4a57-9d0c-7f1f0f5f2f7c"
SUBJECT = f"entra:33333333-3333-4333-8333-333333333333:{OID}"
ALICE = "alice@example.com"
TOKEN_LIFETIME = timedelta(hours=8)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def users(clock: FakeClock) -> UserStore:
    return UserStore(MemoryStorage(), clock)


def outlook(key: str = "exchange:1:url", issued: datetime | None = None) -> Caller:
    """The caller identified by an Outlook token, which is valid for as long as Exchange's own tokens."""
    begin = issued or FakeClock().now()
    return Caller(key, "test", issued=int(begin.timestamp()), expires=int((begin + TOKEN_LIFETIME).timestamp()))


def record(id_: int = 1, **changes: Any) -> UserRecord:
    return validated(UserRecord, {"id": id_, "uuid": f"user-{id_}", "primary_email_address": ALICE, **changes})


def test_the_user_store_implements_the_sign_in_protocol(users: UserStore) -> None:
    as_protocol: EndUsers = users
    assert as_protocol is users


async def test_a_new_user_gets_a_record_of_the_integration_and_is_recognized_by_it(users: UserStore) -> None:
    corp = integration()
    user = await users.signed_in(corp, SUBJECT, "Alice@Example.com", "Alice Jones")
    assert (user.email, user.display_name, user.integration) == (ALICE, "Alice Jones", CORP)
    assert await users.known(corp, SUBJECT) == user
    assert await users.signed_in(corp, SUBJECT, ALICE, "Alice") == user
    assert len(await users.all()) == 1


@pytest.mark.parametrize("email", ["alice@corp", f"{'a' * 100}@example.com", ""])
async def test_an_address_that_no_record_can_have_is_refused(users: UserStore, email: str) -> None:
    with pytest.raises(NotAllowed, match="e-mail address"):
        await users.signed_in(integration(), SUBJECT, email, "Alice")
    assert (await users.signed_in(integration(), SUBJECT, ALICE, "A\x00\nB" + "c" * 300)).display_name[:3] == "ABc"
    assert [user.id for user in await users.all()] == [1]  # the refusal has not used up an id


async def test_new_users_are_refused_if_the_settings_do_not_allow_them(users: UserStore) -> None:
    closed = integration(allow_new_users=False)
    with pytest.raises(NotAllowed, match="administrator"):
        await users.signed_in(closed, SUBJECT, ALICE, "Alice")
    await users.create(record(primary_email_address="ALICE@example.com"))
    assert (await users.signed_in(closed, SUBJECT, ALICE, "Alice")).uuid == "user-1"


async def test_an_integrations_own_record_is_preferred_to_a_shared_one(users: UserStore) -> None:
    await users.create(record(1, integration=OTHER))
    await users.create(record(2))
    await users.create(record(3, integration=CORP))
    assert (await users.signed_in(integration(), SUBJECT, ALICE, "")).id == 3
    await users.delete(3)
    assert (await users.signed_in(integration(), SUBJECT, ALICE, "")).id == 2
    assert await users.known(integration(OTHER), SUBJECT) is None


async def test_a_record_tied_to_another_account_is_not_used(users: UserStore) -> None:
    await users.create(record(user_oid="99999999-3333-4333-8333-333333333333"))
    with pytest.raises(NotAllowed, match="another account"):
        await users.signed_in(integration(), SUBJECT, ALICE, "")
    await users.change(1, lambda now: now.model_copy(update={"user_oid": OID.upper()}))
    assert (await users.signed_in(integration(), SUBJECT, ALICE, "")).id == 1


async def test_a_user_whose_address_has_changed_keeps_the_record_without_the_old_address(users: UserStore) -> None:
    """The old address may be given to another person, who must not get the first person's record."""
    corp = integration()
    before = await users.signed_in(corp, SUBJECT, ALICE, "Alice")
    after = await users.signed_in(corp, SUBJECT, "Alice.Smith@example.com", "Alice")
    assert (after.uuid, after.email) == (before.uuid, "alice.smith@example.com")
    newcomer = await users.signed_in(corp, f"{SUBJECT[:-1]}d", ALICE, "Another Alice")
    assert newcomer.uuid != before.uuid
    known = await users.known(corp, SUBJECT)
    assert known is not None
    assert known.email == "alice.smith@example.com"


async def test_a_user_whose_new_address_already_has_a_record_gets_that_record(users: UserStore) -> None:
    corp = integration()
    await users.signed_in(corp, SUBJECT, ALICE, "Alice")
    await users.create(record(7, primary_email_address="smith@example.com", integration=CORP))
    assert (await users.signed_in(corp, SUBJECT, "smith@example.com", "Alice")).id == 7
    assert [bool(user.sign_ins) for user in await users.all()] == [False, True]


async def test_signing_in_never_changes_the_address_of_a_shared_record(users: UserStore) -> None:
    """Otherwise one customer's sign-in service could give its user another identity at another customer."""
    corp, other = integration(), integration(OTHER)
    await users.create(record())
    for each in (corp, other):
        await users.signed_in(each, SUBJECT, ALICE, "Alice")
    await users.remember(corp, "user-1", outlook("exchange:mallory"))
    moved = await users.signed_in(corp, SUBJECT, "victim@example.com", "Mallory")
    assert await users.known(corp, "exchange:mallory") is None, "the shared record loses the Outlook token"
    assert (moved.integration, moved.email) == (CORP, "victim@example.com")
    elsewhere = await users.known(other, SUBJECT)
    assert elsewhere is not None
    assert (elsewhere.id, elsewhere.email) == (1, ALICE)


async def test_a_record_tied_to_an_account_by_an_admin_keeps_its_address(users: UserStore) -> None:
    await users.create(record(user_oid=OID))
    corp = integration()
    await users.signed_in(corp, SUBJECT, ALICE, "Alice")
    assert (await users.signed_in(corp, SUBJECT, "alice@old.example.com", "Alice")).email == ALICE


async def test_deleting_a_record_signs_the_user_out_and_a_new_record_is_a_different_user(users: UserStore) -> None:
    corp = integration()
    user = await users.signed_in(corp, SUBJECT, ALICE, "")
    await users.delete(user.id)
    assert await users.known(corp, SUBJECT) is None
    await users.remember(corp, user.uuid, outlook())
    assert await users.known(corp, "exchange:1:url") is None
    assert (await users.signed_in(corp, SUBJECT, ALICE, "")).uuid != user.uuid


async def test_signing_out_only_forgets_this_integrations_keys(users: UserStore) -> None:
    corp, other = integration(), integration(OTHER)
    await users.create(record())
    for each in (corp, other):
        await users.signed_in(each, SUBJECT, ALICE, "")
    await users.remember(corp, "user-1", outlook())
    await users.sign_out(corp, "user-1")
    assert [await users.known(corp, key) for key in (SUBJECT, "exchange:1:url")] == [None, None]
    assert await users.known(other, SUBJECT) is not None
    await users.sign_out(corp, "nobody")


async def test_a_key_belongs_to_one_user_until_they_sign_out(users: UserStore) -> None:
    """Otherwise somebody who stole Alice's token could take over her key permanently."""
    corp = integration()
    alice = await users.signed_in(corp, "adfs:a", ALICE, "")
    mallory = await users.signed_in(corp, "adfs:m", "mallory@example.com", "")
    assert await users.remember(corp, alice.uuid, outlook())
    assert await users.remember(corp, alice.uuid, outlook())
    assert not await users.remember(corp, mallory.uuid, outlook())
    found = await users.known(corp, "exchange:1:url")
    assert found is not None
    assert found.uuid == alice.uuid
    await users.sign_out(corp, alice.uuid)
    assert await users.remember(corp, mallory.uuid, outlook()), "a mailbox may be assigned to a new user later"


async def test_a_stolen_token_is_attributed_to_the_thief_only_until_it_expires(
    users: UserStore, clock: FakeClock
) -> None:
    corp = integration()
    mallory = await users.signed_in(corp, "adfs:m", "mallory@example.com", "")
    alice = await users.signed_in(corp, "adfs:a", ALICE, "")
    stolen = outlook(issued=clock.now())
    assert await users.remember(corp, mallory.uuid, stolen)
    clock.move(TOKEN_LIFETIME - timedelta(minutes=1))
    assert await users.remember(corp, mallory.uuid, stolen), "sending the same token again does not prolong this"
    clock.move(timedelta(minutes=1))
    assert await users.known(corp, "exchange:1:url") is None
    assert await users.tied(corp, "exchange:1:url") is None
    assert await users.remember(corp, alice.uuid, outlook(issued=clock.now()))
    found = await users.known(corp, "exchange:1:url")
    assert found is not None
    assert found.uuid == alice.uuid
    assert not await users.remember(corp, mallory.uuid, stolen)


async def test_a_second_token_issued_after_the_first_expired_identifies_the_user_permanently(
    users: UserStore, clock: FakeClock
) -> None:
    corp = integration()
    alice = await users.signed_in(corp, "adfs:a", ALICE, "")
    first = clock.now()
    await users.remember(corp, alice.uuid, outlook(issued=first))
    await users.remember(corp, alice.uuid, outlook(issued=first + TOKEN_LIFETIME - timedelta(seconds=1)))
    clock.set(first + TOKEN_LIFETIME)
    assert await users.known(corp, "exchange:1:url") is None, "both may have been stolen at the same time"
    await users.remember(corp, alice.uuid, outlook(issued=first + TOKEN_LIFETIME))
    clock.move(timedelta(days=1000))
    assert await users.known(corp, "exchange:1:url") is not None
    await users.remember(corp, alice.uuid, outlook(issued=clock.now()))
    clock.move(timedelta(days=1000))
    assert await users.known(corp, "exchange:1:url") is not None


async def test_a_key_entered_by_an_admin_needs_only_one_sign_in(users: UserStore, clock: FakeClock) -> None:
    corp, key = integration(), "exchange:abc@corp:https://mail.example.com/x"
    await users.create(record(exchange_user_id="ABC@corp", integration=CORP))
    await users.remember(corp, "user-1", outlook(key, clock.now()))
    clock.move(timedelta(days=1000))
    assert await users.known(corp, key) is not None


async def test_a_token_without_times_is_not_remembered(users: UserStore) -> None:
    corp = integration()
    alice = await users.signed_in(corp, "adfs:a", ALICE, "")
    assert await users.remember(corp, alice.uuid, Caller("exchange:1:url", "test"))
    assert await users.known(corp, "exchange:1:url") is None


async def test_outlook_tokens_remembered_by_an_older_version_stay_valid(users: UserStore, clock: FakeClock) -> None:
    old = {**record(integration=CORP).model_dump(mode="json"), "sign_ins": [[CORP, digest("exchange:1:url"), "id"]]}
    await users.create(UserRecord.model_validate_json(json.dumps(old)))
    clock.move(timedelta(days=1000))
    assert await users.known(integration(), "exchange:1:url") is not None


@pytest.mark.parametrize(
    ("fields", "key"),
    [({"user_oid": OID}, SUBJECT), ({"exchange_user_id": "ABC@corp"}, "exchange:abc@corp:https://mail.example.com/x")],
)
async def test_a_key_entered_by_an_admin_belongs_to_no_other_user(
    users: UserStore, fields: dict[str, Any], key: str
) -> None:
    corp = integration()
    await users.create(record(**fields, integration=CORP))
    mallory = await users.signed_in(corp, "adfs:m", "mallory@example.com", "")
    assert not await users.remember(corp, mallory.uuid, outlook(key))
    assert await users.known(corp, key) is None


async def test_a_record_with_a_different_exchange_id_accepts_no_other_key(users: UserStore) -> None:
    corp = integration()
    await users.create(record(exchange_user_id="ABC@corp", integration=CORP))
    assert not await users.remember(corp, "user-1", outlook("exchange:other@corp:https://mail.example.com/x"))
    assert await users.remember(corp, "user-1", outlook("exchange:abc@corp:https://mail.example.com/x"))


async def test_a_key_claimed_by_two_users_concurrently_belongs_to_one_of_them(users: UserStore) -> None:
    corp = integration()
    both = [await users.signed_in(corp, f"adfs:{name}", f"{name}@example.com", "") for name in ("a", "b")]
    taken = await asyncio.gather(*(users.remember(corp, user.uuid, outlook()) for user in both))
    found = await users.known(corp, "exchange:1:url")
    assert found is not None
    assert [found.uuid == user.uuid for user in both] == list(taken)


async def test_a_sign_in_keeps_its_id_until_the_user_signs_out(users: UserStore) -> None:
    corp = integration()
    first = (await users.signed_in(corp, SUBJECT, ALICE, "")).sign_in(CORP, SUBJECT)
    again = await users.signed_in(corp, SUBJECT, ALICE, "")
    assert again.sign_in(CORP, SUBJECT) == first, "another device counts as the same sign-in"
    await users.sign_out(corp, again.uuid)
    assert (await users.signed_in(corp, SUBJECT, ALICE, "")).sign_in(CORP, SUBJECT) not in (first, "")


async def test_a_record_without_sign_in_ids_is_read_and_keeps_its_sign_ins(users: UserStore) -> None:
    corp = integration()
    old = {**record(integration=CORP).model_dump(mode="json"), "sign_ins": [[CORP, digest(SUBJECT)]]}
    await users.create(UserRecord.model_validate_json(json.dumps(old)))
    known = await users.known(corp, SUBJECT)
    assert known is not None
    assert known.sign_in(CORP, SUBJECT) == ""


@pytest.mark.parametrize(
    ("fields", "key"),
    [({"user_oid": OID}, SUBJECT), ({"exchange_user_id": "ABC@corp"}, "exchange:abc@corp:https://mail.example.com/x")],
)
async def test_admins_can_tie_outlook_tokens_to_a_record(users: UserStore, fields: dict[str, Any], key: str) -> None:
    await users.create(record(**fields, integration=CORP))
    found = await users.tied(integration(), key)
    assert found is not None
    assert found.email == ALICE
    assert await users.known(integration(), key) is None  # not a sign-in, because a sign-out would not end it
    assert await users.tied(integration(OTHER), key) is None
    assert await users.tied(integration(), "adfs:https://fs.example.com:" + OID) is None
    assert await users.tied(integration(), "entra::") is None


async def test_the_oldest_sign_in_is_removed_first(users: UserStore) -> None:
    corp = integration()
    for number in range(MAX_SIGN_INS + 1):
        await users.signed_in(corp, f"adfs:{number}", ALICE, "")
    assert await users.known(corp, "adfs:0") is None
    assert await users.known(corp, f"adfs:{MAX_SIGN_INS}") is not None
    await users.delete((await users.all())[0].id)  # one transaction is enough for all sign-ins
    with pytest.raises(NotFound):
        await users.get(1)


async def test_concurrent_first_sign_ins_create_one_record(users: UserStore) -> None:
    found = await asyncio.gather(*(users.signed_in(integration(), SUBJECT, ALICE, "") for _ in range(5)))
    assert len({user.uuid for user in found}) == 1
    assert len(await users.all()) == 1


@pytest.mark.parametrize("odd", ["boß@example.com", "boſs@example.com", "\u212aim@example.com"])
async def test_an_address_that_only_case_folds_to_another_matches_no_record(users: UserStore, odd: str) -> None:
    for id_, address in enumerate(("boss@example.com", "kim@example.com"), 1):
        await users.create(record(id_, primary_email_address=address))
    with pytest.raises(NotAllowed):
        await users.signed_in(integration(), SUBJECT, odd, "")
    assert await users.known(integration(), SUBJECT) is None
