"""M9: subscriptions are kept alive, and a sweep finds messages without a notification."""

from datetime import timedelta

import pytest

from dev.harness.storage import MemoryQueue, MemoryStorage
from shared.bookings.operation import correlation_id
from shared.errors import RateLimited, Unavailable
from shared.intake.notice import decode
from shared.intake.subscription_renewal import SUBSCRIPTION_RENEWAL_MARGIN
from shared.intake.watcher import SWEEP_MAX_PAGES, MailboxUnreadable, Watcher
from shared.mailboxes.mailbox import Changes, Folder, MessageNotFound
from shared.storage import Put
from tests.fakes.clock import FakeClock
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.subscriptions import SUBSCRIPTION_LIFETIME, FakeSubscriptions

INTEGRATION = "11111111-1111-4111-8111-111111111111"
SECOND = timedelta(seconds=1)


class WatcherWorld:
    """A watcher of a mailbox that lists two messages per page."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.mailbox = FakeMailbox(self.clock, page_size=2)
        self.subscriptions = FakeSubscriptions()
        self.is_polled = False
        self.files_away = False
        self.storage = MemoryStorage()
        self.queue = self.storage.queue("meeting-requests")
        self.watched = "vmr@example.com https://vmr.example.com"

    @property
    def watcher(self) -> Watcher:
        """The watcher in a new process, which only has the stored state."""
        return Watcher(
            INTEGRATION,
            self.watched,
            self.mailbox,
            None if self.is_polled else self.subscriptions,
            self.storage,
            self.queue,
            self.clock,
            self.files_away,
            None if self.is_polled else self.mailbox,
        )

    def found(self) -> list[str]:
        """The messages queued so far."""
        return [notice.message for body, _ in self.queue.sent for notice in decode(body)]


@pytest.fixture
def world() -> WatcherWorld:
    return WatcherWorld()


async def test_a_mailbox_is_subscribed_to_only_once(world: WatcherWorld) -> None:
    assert await world.watcher.keep_subscribed() is True
    assert await world.watcher.keep_subscribed() is False
    assert list(world.subscriptions.alive) == ["subscription-1"]
    assert world.subscriptions.renewed == 0


async def test_a_subscription_is_renewed_two_days_before_it_expires(world: WatcherWorld) -> None:
    await world.watcher.keep_subscribed()
    world.clock.move(SUBSCRIPTION_LIFETIME - SUBSCRIPTION_RENEWAL_MARGIN - SECOND)
    await world.watcher.keep_subscribed()
    assert world.subscriptions.renewed == 0
    world.clock.move(SECOND)
    assert await world.watcher.keep_subscribed() is False
    assert world.subscriptions.alive == {"subscription-1": world.clock.now() + SUBSCRIPTION_LIFETIME}
    await world.watcher.keep_subscribed()
    assert world.subscriptions.renewed == 1, "the new expiry is stored"


async def test_the_renewal_timer_renews_a_subscription_long_before_it_expires(world: WatcherWorld) -> None:
    await world.watcher.keep_subscribed()
    world.clock.move(timedelta(hours=6))
    assert await world.watcher.keep_subscribed(force=True) is False
    assert world.subscriptions.alive == {"subscription-1": world.clock.now() + SUBSCRIPTION_LIFETIME}


async def test_a_lost_subscription_is_created_again(world: WatcherWorld) -> None:
    await world.watcher.keep_subscribed()
    world.subscriptions.alive.clear()
    assert await world.watcher.keep_subscribed(force=True) is True
    assert list(world.subscriptions.alive) == ["subscription-2"]
    assert await world.watcher.keep_subscribed() is False


async def test_a_subscription_that_cannot_be_recreated_does_not_count_as_alive(world: WatcherWorld) -> None:
    """Otherwise the subscription would be missing until the renewal timer runs, without an alarm in the meantime."""
    await world.watcher.keep_subscribed()
    world.subscriptions.alive.clear()
    world.subscriptions.failure = Unavailable("the handshake failed")
    for force in (True, False, False):
        with pytest.raises(Unavailable):
            await world.watcher.keep_subscribed(force=force)
    world.subscriptions.failure = None
    assert await world.watcher.keep_subscribed() is True


@pytest.mark.parametrize("force", [True, False])
async def test_a_subscription_with_outdated_terms_is_replaced(world: WatcherWorld, force: bool) -> None:
    """After a rotation of the signing key, notifications signed with the old key are rejected."""
    await world.watcher.keep_subscribed()
    world.subscriptions.terms = "second"
    assert await world.watcher.keep_subscribed(force=force) is True
    assert (world.subscriptions.made, world.subscriptions.renewed) == (["subscription-1", "subscription-2"], 0)
    assert await world.watcher.keep_subscribed() is False


async def test_a_mailbox_without_subscriptions_is_watched_by_sweeps_alone(world: WatcherWorld) -> None:
    world.is_polled = True
    world.mailbox.deliver_mail("a")
    assert await world.watcher.keep_subscribed(force=True) is False
    assert await world.watcher.resync(resubscribe=True) == 1
    assert world.subscriptions.made == []


async def test_a_changed_mailbox_or_public_address_gets_a_new_subscription(world: WatcherWorld) -> None:
    """Otherwise the old equipment mailbox would be watched instead of the new one."""
    world.mailbox.deliver_mail("a")
    await world.watcher.resync(resubscribe=True)
    world.watched = "room@example.com https://vmr.example.com"
    world.mailbox = FakeMailbox(world.clock, page_size=2)
    world.mailbox.deliver_mail("b")
    assert await world.watcher.keep_subscribed() is True
    assert await world.watcher.sweep() == 1, "the new mailbox is read from the beginning"
    assert world.found() == ["a", "b"]


async def test_a_sweep_finds_every_message_once_in_both_folders(world: WatcherWorld) -> None:
    """Exchange itself moves some messages to Deleted Items (docs/facts/exchange.md §7)."""
    for name in "abcde":
        world.mailbox.deliver_mail(name)
    world.mailbox.deliver_mail("f", Folder.DELETED_ITEMS)
    assert await world.watcher.sweep() == 6
    assert world.found() == list("abcdef")
    assert await world.watcher.sweep() == 0
    world.mailbox.deliver_mail("g")
    assert await world.watcher.sweep() == 1
    assert world.found() == list("abcdefg")


async def test_a_sweep_of_an_endless_folder_stops_and_the_next_one_continues(world: WatcherWorld) -> None:
    messages = [f"m{n}" for n in range(2 * SWEEP_MAX_PAGES + 3)]
    for name in messages:
        world.mailbox.deliver_mail(name)
    assert await world.watcher.sweep() == 2 * SWEEP_MAX_PAGES
    assert await world.watcher.sweep() == 3
    assert world.found() == messages


@pytest.mark.parametrize("page", range(3))
async def test_a_crash_during_a_sweep_loses_no_message(world: WatcherWorld, page: int) -> None:
    """The state is only stored after the messages have been queued, so some may be queued twice, but none is lost."""
    for name in "abcdef":
        world.mailbox.deliver_mail(name)
    queue, world.queue = world.queue, BreakingQueue(world.queue, after=page)
    with pytest.raises(ConnectionError):
        await world.watcher.sweep()
    world.queue = queue
    await world.watcher.sweep()
    assert set(world.found()) == set("abcdef")


async def test_after_a_crash_between_queue_and_state_the_same_page_is_found_again(world: WatcherWorld) -> None:
    for name in "abc":
        world.mailbox.deliver_mail(name)
    world.is_polled = True
    world.mailbox.fail("changes", Unavailable("gone"), times=1, after_effect=True)
    with pytest.raises(Unavailable):
        await world.watcher.sweep()
    assert await world.watcher.sweep() == 3


async def test_a_folder_that_fails_keeps_its_position(world: WatcherWorld) -> None:
    world.is_polled = True
    world.mailbox.deliver_mail("a")
    await world.watcher.sweep()
    world.mailbox.deliver_mail("b")
    world.mailbox.fail("changes", Unavailable("down"))
    with pytest.raises(Unavailable):
        await world.watcher.sweep()
    assert await world.watcher.sweep() == 1
    assert world.found() == ["a", "b"]


async def test_listed_messages_are_found_even_if_the_delta_query_fails(world: WatcherWorld) -> None:
    world.mailbox.deliver_mail("a")
    world.mailbox.fail("changes", Unavailable("down"))
    with pytest.raises(Unavailable):
        await world.watcher.sweep()
    assert await world.watcher.sweep() == 0
    assert world.found() == ["a"]


async def test_a_resync_renews_the_subscription_first(world: WatcherWorld) -> None:
    world.mailbox.deliver_mail("a")
    assert await world.watcher.resync(resubscribe=True) == 1
    assert list(world.subscriptions.alive) == ["subscription-1"]
    assert await world.watcher.resync(resubscribe=False) == 0
    assert world.subscriptions.renewed == 0


class BreakingQueue(MemoryQueue):
    """A queue that accepts this many messages, and then fails."""

    def __init__(self, queue: MemoryQueue, after: int) -> None:
        self.sent = queue.sent
        self._left = after

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        if not self._left:
            raise ConnectionError
        self._left -= 1
        await super().send(text, delay)


class TestPolling:
    """Without notifications (EWS), each minute's poll takes a single call if nothing has happened."""

    @pytest.fixture
    def polled(self, world: WatcherWorld) -> WatcherWorld:
        world.is_polled = True
        return world

    async def test_an_idle_mailbox_costs_one_call_a_minute(self, polled: WatcherWorld) -> None:
        await polled.watcher.poll()
        polled.mailbox.calls.clear()
        for _ in range(10):
            polled.clock.move(timedelta(minutes=1))
            await polled.watcher.poll()
        assert polled.mailbox.calls == ["changes"] * 10

    async def test_the_first_poll_finds_everything(self, polled: WatcherWorld) -> None:
        polled.mailbox.deliver_mail("a")
        polled.mailbox.deliver_mail("b", Folder.DELETED_ITEMS)
        assert await polled.watcher.poll() == 2
        assert polled.found() == ["a", "b"]

    async def test_a_message_that_leaves_the_inbox_is_found_in_its_new_folder(self, polled: WatcherWorld) -> None:
        await polled.watcher.poll()
        polled.mailbox.deliver_mail("filed", Folder.DELETED_ITEMS)
        await polled.watcher.poll()
        assert polled.found() == ["filed"]

    async def test_a_mailbox_whose_messages_are_filed_away_is_searched_every_five_minutes(
        self, polled: WatcherWorld
    ) -> None:
        polled.files_away = True
        await polled.watcher.poll()
        polled.mailbox.calls.clear()
        for _ in range(10):
            polled.clock.move(timedelta(minutes=1))
            await polled.watcher.poll()
        assert len(polled.mailbox.calls) == 12

    async def test_messages_found_by_polling_do_not_count_as_repairs(self, polled: WatcherWorld) -> None:
        """The metric sweep_repairs counts messages that notifications should have announced."""
        polled.mailbox.deliver_mail("a")
        await polled.watcher.poll()
        assert [notice.swept for body, _ in polled.queue.sent for notice in decode(body)] == [False]

    async def test_other_processes_do_not_call_a_busy_server_either(self, polled: WatcherWorld) -> None:
        polled.mailbox.deliver_mail("a")
        polled.mailbox.fail("changes", RateLimited("busy", 150))
        for minute in range(4):
            if minute < 3:
                with pytest.raises(RateLimited):
                    await polled.watcher.poll()
            else:
                await polled.watcher.poll()
            polled.clock.move(timedelta(minutes=1))
        assert polled.mailbox.calls == ["changes"] * 3, "one folder before the wait, and both folders after it"
        assert polled.found() == ["a"]

    async def test_backing_off_keeps_the_stored_state(self, polled: WatcherWorld) -> None:
        polled.mailbox.deliver_mail("a")
        await polled.watcher.poll()
        polled.mailbox.fail("changes", RateLimited("busy", 30))
        with pytest.raises(RateLimited):
            await polled.watcher.poll()
        polled.clock.move(timedelta(minutes=1))
        assert await polled.watcher.poll() == 0


async def test_a_message_filed_away_when_it_was_answered_is_not_read_again(world: WatcherWorld) -> None:
    table = world.storage.table("meetings")
    for message, done in [("answered", "2026-11-23T09:00:00+00:00"), ("unfinished", "")]:
        operation = f"operation:{correlation_id(INTEGRATION, message)}"
        await table.commit(INTEGRATION, Put(operation, {"done": done}))
        world.mailbox.deliver_mail(f"{message}|moved", Folder.DELETED_ITEMS)
    world.mailbox.deliver_mail("unseen", Folder.DELETED_ITEMS)
    assert await world.watcher.sweep() == 2
    assert world.found() == ["unfinished|moved", "unseen"]


async def test_a_message_that_was_notified_and_answered_is_not_read_again(world: WatcherWorld) -> None:
    operation = f"operation:{correlation_id(INTEGRATION, 'answered')}"
    await world.storage.table("meetings").commit(INTEGRATION, Put(operation, {"done": "2026-11-23T09:00:00+00:00"}))
    world.mailbox.deliver_mail("answered")
    assert await world.watcher.sweep() == 0
    world.mailbox.forgotten_states |= {"1 0", "1 1"}
    assert await world.watcher.sweep() == 0, "the message is not read again even if the delta query starts over"


class TestWhatTheDeltaQueryNeverTells:
    async def test_a_message_moved_away_and_back_is_found(self, world: WatcherWorld) -> None:
        await world.watcher.sweep()
        world.clock.move(timedelta(minutes=3))
        world.mailbox.deliver_mail("a")
        world.mailbox.move_there_and_back("a")
        world.clock.move(timedelta(minutes=2))
        assert await world.watcher.sweep() == 1
        assert world.found() == ["a"]

    async def test_a_message_moved_away_and_back_is_found_after_several_days_of_outage(
        self, world: WatcherWorld
    ) -> None:
        await world.watcher.sweep()
        world.mailbox.deliver_mail("a")
        world.mailbox.move_there_and_back("a")
        world.mailbox.fail("arrived", Unavailable("down"), times=2)
        for _ in range(2):
            world.clock.move(timedelta(days=1))
            with pytest.raises(Unavailable):
                await world.watcher.sweep()
        assert await world.watcher.sweep() == 1

    async def test_the_next_sweep_does_not_call_a_busy_server_either(self, world: WatcherWorld) -> None:
        world.mailbox.deliver_mail("a")
        world.mailbox.fail("arrived", RateLimited("busy", 150))
        for _ in range(2):
            with pytest.raises(RateLimited):
                await world.watcher.sweep()
            world.clock.move(timedelta(minutes=2))
        assert world.mailbox.calls == ["arrived"]
        assert await world.watcher.sweep() == 1

    async def test_listing_new_messages_takes_one_call_and_its_state_is_bounded(self, world: WatcherWorld) -> None:
        for number in range(100):
            world.mailbox.deliver_mail(f"m{number}")
            await world.watcher.sweep()
            world.clock.move(timedelta(minutes=5))
        world.mailbox.calls.clear()
        world.queue.sent.clear()
        await world.watcher.sweep()
        assert world.mailbox.calls == ["arrived", "changes", "changes"]
        assert world.found() == []
        row = await world.storage.table("meetings").get(INTEGRATION, "watch:arrivals")
        assert row is not None
        assert len(str(row.values["seen"]).split()) <= 3, "messages older than the overlap are not listed again"

    async def test_an_endless_list_continues_in_the_next_sweep(self, world: WatcherWorld) -> None:
        await world.watcher.sweep()
        messages = [f"m{n}" for n in range(2 * SWEEP_MAX_PAGES + 3)]
        for name in messages:
            world.mailbox.deliver_mail(name)
            world.mailbox.move_there_and_back(name)
            world.clock.move(timedelta(minutes=1))
        await world.watcher.sweep()
        assert set(world.found()) == set(messages[: 2 * SWEEP_MAX_PAGES])
        await world.watcher.sweep()
        assert set(world.found()) == set(messages)


class TestMessagesThatCannotBeRead:
    """A 404 for one message means that it was deleted, while a 404 for all messages raises an alarm."""

    @pytest.fixture
    async def told(self, world: WatcherWorld) -> WatcherWorld:
        world.mailbox.deliver_mail("a")
        await world.watcher.sweep()
        await world.watcher.not_found()
        world.mailbox.calls.clear()
        return world

    async def test_a_single_deleted_message_raises_no_alarm(self, told: WatcherWorld) -> None:
        for _ in range(3):
            await told.watcher.check_readable()
        assert told.mailbox.calls == ["newest", "read"], "one message is read only once"
        assert await told.watcher.sweep() == 0

    async def test_a_mailbox_without_messages_raises_no_alarm(self, told: WatcherWorld) -> None:
        told.mailbox.lose("a")
        await told.watcher.check_readable()

    async def test_404_for_all_messages_is_an_error_until_one_can_be_read_again(self, told: WatcherWorld) -> None:
        told.mailbox.fail("read", MessageNotFound("none"), times=3)
        for _ in range(3):
            with pytest.raises(MailboxUnreadable, match="404"):
                await told.watcher.check_readable()
            await told.watcher.not_found()
            assert await told.watcher.sweep() == 0
        await told.watcher.check_readable()
        assert await told.watcher.sweep() == 1
        assert told.found() == ["a", "a"]
        await told.watcher.check_readable()
        assert await told.watcher.sweep() == 0

    async def test_over_ews_no_messages_are_read_to_check_whether_they_are_readable(self, world: WatcherWorld) -> None:
        world.is_polled = True
        world.mailbox.deliver_mail("a")
        await world.watcher.not_found()
        await world.watcher.check_readable()
        assert world.mailbox.calls == []


@pytest.mark.parametrize("length", [0, 1, 29_999, 30_000, 30_001, 60_000, 200_000])
async def test_a_state_of_any_length_is_stored(world: WatcherWorld, length: int) -> None:
    """EWS's states grow with the folder, but the size of a table column is limited."""
    told: list[str] = []

    async def changes(folder: Folder, state: str) -> Changes:
        told.append(state)
        return Changes([], "abc" * (length // 3) + "x" * (length % 3), more=False)

    world.mailbox.changes = changes  # type: ignore[method-assign]
    await world.watcher.sweep()
    await world.watcher.sweep()
    assert [len(state) for state in told] == [0, 0, length, length]
    assert told[-1] == "abc" * (length // 3) + "x" * (length % 3)
    rows = [row async for row in world.storage.table("meetings").rows(INTEGRATION, "watch:")]
    assert all(len(str(value)) <= 32_768 for row in rows for value in row.values.values())
