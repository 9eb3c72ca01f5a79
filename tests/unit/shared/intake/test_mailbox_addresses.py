"""X3: the equipment mailbox's other addresses are read from Exchange, stored, and sent to panes."""

from datetime import timedelta

from dev.harness.storage import MemoryStorage
from shared.errors import Unavailable
from shared.intake.mailbox_addresses import ADDRESSES_MAX_AGE, MailboxAddresses, learn_addresses
from shared.intake.watch_state import WatchState
from tests.fakes.clock import FakeClock
from tests.fakes.mailbox import FakeMailbox

UUID = "11111111-1111-4111-8111-111111111111"
VMR = "vmr@example.com"


class Learning:
    def __init__(self) -> None:
        self.clock, self.storage = FakeClock(), MemoryStorage()
        self.mailbox = FakeMailbox(self.clock)
        self.known = MailboxAddresses(self.storage, self.clock)

    async def learn(self, address: str = VMR) -> None:
        await learn_addresses(self.mailbox, address, WatchState(self.storage, UUID, address))

    async def told(self) -> tuple[str, ...]:
        return await MailboxAddresses(self.storage, self.clock).of(UUID)


async def test_no_address_is_known_until_exchange_has_been_queried() -> None:
    assert await Learning().told() == ()


async def test_addresses_from_exchange_are_stored_after_the_configured_one() -> None:
    learning = Learning()
    learning.mailbox.proxy_addresses = ("SMTP:primary@example.com", "X500:/o=Org/cn=vmr", f"smtp:{VMR}")
    await learning.learn()
    assert await learning.told() == (VMR, "primary@example.com", "/o=org/cn=vmr")


async def test_addresses_are_kept_after_a_failure() -> None:
    learning = Learning()
    learning.mailbox.proxy_addresses = ("SMTP:primary@example.com",)
    await learning.learn()
    learning.mailbox.fail("addresses", Unavailable("down"))
    await learning.learn()
    assert await learning.told() == (VMR, "primary@example.com")


async def test_an_address_removed_from_the_mailbox_is_forgotten() -> None:
    learning = Learning()
    learning.mailbox.proxy_addresses = ("SMTP:primary@example.com",)
    await learning.learn()
    learning.mailbox.proxy_addresses = ()
    await learning.learn()
    assert await learning.told() == (VMR,)


async def test_a_process_reads_the_addresses_at_most_every_half_minute() -> None:
    learning = Learning()
    assert await learning.known.of(UUID) == ()
    await learning.learn()
    learning.clock.move(ADDRESSES_MAX_AGE - timedelta(seconds=1))
    assert await learning.known.of(UUID) == ()
    learning.clock.move(timedelta(seconds=1))
    assert await learning.known.of(UUID.upper()) == (VMR,)
