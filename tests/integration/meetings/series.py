"""Series of meetings."""

from datetime import timedelta
from typing import Any

from dev.harness.deployment import Deployment
from dev.harness.times import tomorrow, weekly

WEEK = timedelta(weeks=1)


async def swept(world: Deployment) -> None:
    """Process everything that has arrived. The sweep finds any messages that Exchange Online has filed away
    silently.
    """
    await world.drain()
    await world.services.scheduling.timers.sweep()
    await world.drain()


class Series:
    """A weekly series of Alice's that has a room."""

    def __init__(self, world: Deployment) -> None:
        self.world = world
        self.first = tomorrow(world)

    async def invite(self, body: str = "", **more: Any) -> "Series":
        self.room = await self.world.click()
        body = body or self.room["instructions"]
        self.uid = await self.world.invite(self.first, body, subject="Standup", recurrence=weekly(self.first), **more)
        await swept(self.world)
        return self

    def day(self, week: int) -> str:
        return f"{self.first + week * WEEK:%Y-%m-%d}"

    async def change(self, week: int, **fields: Any) -> None:
        await self.world.change(self.uid, occurrence=self.day(week), **fields)
        await swept(self.world)

    async def cancel(self, week: int) -> None:
        await self.world.cancel(self.uid, occurrence=self.day(week))
        await swept(self.world)

    async def swap(self, week: int, **fields: Any) -> Any:
        """Give one occurrence a different VMR, as the organizer would."""
        other = await self.world.click()
        await self.change(week, body_html=other["instructions"], **fields)
        return other

    async def doors(self, *rooms: Any, weeks: int = 4, at: timedelta = timedelta()) -> list[list[bool | None]]:
        """For each week, whether each room is open when the occurrence of the series starts."""
        found = []
        for week in range(weeks):
            await self.world.move_to(max(self.world.now, self.first + week * WEEK + at))
            found.append([await self.world.is_open(room["alias"]) for room in rooms])
        return found
