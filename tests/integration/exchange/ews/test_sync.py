"""SyncFolderItems: pages, changes and sync states (Microsoft's reference and docs/facts/exchange.md §9)."""

from typing import Any

import pytest
from exchangelib.errors import ErrorInvalidSyncStateData

from tests.integration.exchange.ews import soap
from tests.integration.exchange.ews.client import VMR_EWS, Client
from tests.support.exchange_world import ALICE, BOB, WEEKLY, ExchangeWorld


async def mail(world: ExchangeWorld, subject: str = "Hello", **more: Any) -> None:
    await world.post("/dev/mail", {"from": ALICE, "to": VMR_EWS, "subject": subject, "body_html": "<p>x</p>", **more})


def kinds(changes: list[tuple[str, Any]]) -> list[str]:
    return [kind for kind, _ in changes]


async def test_a_first_sync_is_read_page_by_page(world: ExchangeWorld, client: Client) -> None:
    for number in range(7):
        await mail(world, f"Mail {number}")
    await world.http.delete("/dev/requests")
    changes, state = await client.synced(max_changes_returned=3, only_fields=["subject"])
    assert sorted(item.subject for _, item in changes) == [f"Mail {number}" for number in range(7)]
    asked = (await world.http.get("/dev/requests")).json()["requests"]
    assert asked["EWS SyncFolderItems"] == 3
    assert await client.synced(state=state) == ([], state), "the state stays the same while nothing happens"


async def test_a_response_shows_whether_more_changes_follow(world: ExchangeWorld) -> None:
    for _ in range(3):
        await mail(world)
    answer = await soap.post(world, soap.envelope(sync(2)))
    assert soap.texts(answer, "IncludesLastItemInRange") == ["false"]
    again = await soap.post(world, soap.envelope(sync(2, soap.texts(answer, "SyncState")[0])))
    assert soap.texts(again, "IncludesLastItemInRange") == ["true"]
    assert len(soap.texts(answer, "Message")) + len(soap.texts(again, "Message")) == 3


def sync(most: int, state: str = "") -> str:
    known = f"<m:SyncState>{state}</m:SyncState>" if state else ""
    return (
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>"
        f'<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>{VMR_EWS}</t:EmailAddress></t:Mailbox>'
        f"</t:DistinguishedFolderId></m:SyncFolderId>{known}<m:MaxChangesReturned>{most}</m:MaxChangesReturned>"
        "</m:SyncFolderItems>"
    )


@pytest.mark.parametrize("most", [0, 513, -1])
async def test_at_most_512_changes_can_be_requested(world: ExchangeWorld, most: int) -> None:
    answer = await soap.post(world, soap.envelope(sync(most)))
    assert (answer.status_code, soap.texts(answer, "ResponseCode")) == (500, ["ErrorSchemaValidation"])


async def test_changes_of_every_kind_are_reported(world: ExchangeWorld, client: Client) -> None:
    for subject in ("read", "deleted", "moved", "left"):
        await mail(world, subject)
    await world.meet(attendees=[VMR_EWS])
    changes, state = await client.synced()
    found = {item.subject: item for _, item in changes}

    def work() -> None:
        mailbox = client.mailbox()
        found["read"].account = mailbox
        read = mailbox.inbox.get(subject="read")
        read.is_read = True
        read.save(update_fields=["is_read"])
        mailbox.inbox.get(subject="deleted").delete()
        mailbox.inbox.get(subject="moved").move(mailbox.trash)

    await client.do(work)
    await world.edit(uid_of(found["Review"], world), subject="Review, moved", start="2030-03-05T09:00:00")
    await mail(world, "new")
    changes, again = await client.synced(state=state)
    assert sorted(kinds(changes)) == ["create", "create", "delete", "delete", "read_flag_change", "update"]
    by_kind: dict[str, list[Any]] = {}
    for kind, item in changes:
        by_kind.setdefault(kind, []).append(item)
    assert {item.id for item in by_kind["delete"]} == {found["deleted"].id, found["moved"].id}
    [(identity, is_read)] = by_kind["read_flag_change"]
    assert (identity.id, is_read) == (found["read"].id, True)
    [outdated] = by_kind["update"]
    assert (outdated.id, outdated.is_out_of_date) == (found["Review"].id, True)
    assert again != state
    trash, _ = await client.synced("trash")
    [(kind, moved)] = trash
    assert (kind, moved.subject) == ("create", "moved")
    assert moved.id != found["moved"].id


def uid_of(request: Any, world: ExchangeWorld) -> str:
    owner = world.exchange.directory.ensure(VMR_EWS)
    return next(m.letter.part.meeting.uid for m in world.exchange.store.messages(owner.guid) if m.letter.part)


async def test_an_item_created_and_deleted_between_two_syncs_is_not_reported(
    world: ExchangeWorld, client: Client
) -> None:
    _, state = await client.synced()
    await mail(world)
    await client.do(lambda: client.mailbox().inbox.all()[0].delete())
    changes, _ = await client.synced(state=state)
    assert changes == []


async def test_a_change_between_two_pages_is_not_lost(world: ExchangeWorld) -> None:
    for _ in range(3):
        await mail(world)
    first = await soap.post(world, soap.envelope(sync(1)))
    await mail(world)
    second = await soap.post(world, soap.envelope(sync(512, soap.texts(first, "SyncState")[0])))
    assert len(soap.texts(second, "Create")) == 3


async def test_items_to_ignore_are_left_out(world: ExchangeWorld, client: Client) -> None:
    await mail(world, "one")
    await mail(world, "two")
    one = await client.do(lambda: client.mailbox().inbox.get(subject="one"))
    changes, _ = await client.synced(ignore=[(one.id, one.changekey)])
    assert [item.subject for _, item in changes] == ["two"]


async def test_invalid_states_are_refused(world: ExchangeWorld, client: Client) -> None:
    await mail(world)
    _, state = await client.synced()
    with pytest.raises(ErrorInvalidSyncStateData):
        await client.synced(state="H4sIAAAA")
    with pytest.raises(ErrorInvalidSyncStateData):
        await client.synced("trash", state)
    await world.post("/dev/delta/invalidate")
    with pytest.raises(ErrorInvalidSyncStateData):
        await client.synced(state=state)
    changes, _ = await client.synced()
    assert kinds(changes) == ["create"]


async def test_a_sync_contains_no_bodies_or_recipients(world: ExchangeWorld, client: Client) -> None:
    await mail(world)
    [(_, item)], _ = await client.synced()
    assert (item.subject, item.body, item.to_recipients) == ("Hello", None, None)


async def test_syncing_the_calendar_returns_series_masters(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[VMR_EWS, BOB], recurrence=WEEKLY)
    [(kind, master)], state = await client.synced("calendar")
    assert (kind, master.type, master.uid) == ("create", "RecurringMaster", uid)
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-12T09:00:00")
    changes, state = await client.synced("calendar", state)
    assert kinds(changes) == ["update"]
    await client.do(lambda: client.mailbox().calendar.all()[0].delete())
    changes, _ = await client.synced("calendar", state)
    assert [(kind, item.id) for kind, item in changes] == [("delete", master.id)]
