"""The conferencing platform is chosen in one place, for scheduling, timers, retirement and erasure."""

import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.bookings.booking import Booking
from shared.composition import Services, conferences
from shared.conferences.node_platform import PlaceOf, Rooms
from shared.conferences.platform import PolicyPlatform
from shared.operations.erasure import Traces
from shared.settings import Settings, StorageAccount
from shared.storage import Tables
from tests.fakes.clock import FakeClock
from tests.support.integrations import graph_fields
from tests.support.meetings_world import MeetingsWorld, stored_integration


class OtherPlatform(PolicyPlatform):
    """A platform that records its calls."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self.calls: list[str] = []

    async def show(self, booking: Booking, *, on_node: bool = False) -> None:
        self.calls.append(f"show {booking.alias} {booking.state}")
        await super().show(booking, on_node=on_node)

    async def forget(self, booking: Booking) -> None:
        self.calls.append(f"forget {booking.alias}")
        await super().forget(booking)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[OtherPlatform]:
    """The replacements that were created instead of the usual platform."""
    made: list[OtherPlatform] = []

    def platform_of(rooms: Rooms, _: PlaceOf) -> OtherPlatform:
        made.append(OtherPlatform(rooms.tables))
        return made[-1]

    monkeypatch.setattr(conferences, "platform_of", platform_of)
    return made


async def test_another_platform_is_used_in_every_part_of_the_app(made: list[OtherPlatform]) -> None:
    settings = Settings(StorageAccount("x"), "https://vmr.example.com", b"k" * 32, secrets_file="x")
    services = Services(settings, MemoryStorage(), MemorySecrets(), FakeClock())
    integration = await services.foundation.integrations.create(graph_fields())
    handlers = await services.scheduling.timers.handlers(integration.uuid)
    users = [
        handlers.processor.platform,
        handlers.due_runner.platform,
        services.scheduling.timers.retirement.platform,
        services.scheduling.lifecycle.retirement.platform,
    ]
    assert [users, len(made)] == [made * len(users), 1]
    await services.close()


async def test_another_platform_closes_the_rooms_of_a_person_whose_data_is_erased(made: list[OtherPlatform]) -> None:
    world = MeetingsWorld(stored_integration())
    booking = await world.reserve()
    await conferences.erase(world.storage, Traces([], [], [booking], []))
    [platform] = made
    assert platform.calls == [f"show {booking.alias} closed", f"forget {booking.alias}"]
