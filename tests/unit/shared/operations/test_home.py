"""The page at the deployment's address shows the deployment's state, and reveals nothing confidential."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.errors import Unavailable
from shared.integrations import IntegrationStore
from shared.operations.home import CONDITION_LIFETIME, Home
from tests.fakes.clock import FakeClock
from tests.support.integrations import graph_fields


class Deployment:
    """Storage with integrations and alarms, and the page that shows their state."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.storage = MemoryStorage()
        self.integrations = IntegrationStore(self.storage, MemorySecrets(), self.clock)
        self.alarms = Alarms(self.storage, self.clock)
        self.home = Home(self.integrations, self.alarms, self.clock)

    async def integration(self) -> str:
        return (await self.integrations.create(graph_fields(name="Secret customer"))).uuid


async def new(_deployment: Deployment) -> None:
    return


async def well(deployment: Deployment) -> None:
    await deployment.integration()


async def alarmed(deployment: Deployment) -> None:
    await deployment.alarms.raise_(await deployment.integration(), AlarmKind.CONNECTION, "password of alice wrong")


@pytest.mark.parametrize(
    ("state", "tone", "said"),
    [
        (new, "good", "no integration yet"),
        (well, "good", "Up and well"),
        (alarmed, "bad", "an alarm has been raised"),
    ],
)
async def test_the_page_shows_the_deployments_state_without_names(
    state: Callable[[Deployment], Awaitable[None]], tone: str, said: str
) -> None:
    deployment = Deployment()
    await state(deployment)
    html, headers, status = await deployment.home.page()
    assert status == 200
    assert f'data-tone="{tone}"' in html
    assert said in html
    assert "Secret customer" not in html
    assert "alice" not in html
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_unresponsive_storage_is_reported_with_status_503(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise Unavailable("secret-account.table.core.windows.net")

    monkeypatch.setattr(IntegrationStore, "page", away)
    html, _, status = await Deployment().home.page()
    assert (status, "Storage is not responding" in html, "secret-account" in html) == (503, True, False)


async def test_storage_is_read_at_most_once_a_minute_for_any_number_of_requests() -> None:
    deployment = Deployment()
    await well(deployment)
    await deployment.home.page()
    before = deployment.storage.round_trips
    for _ in range(50):
        await deployment.home.page()
    assert deployment.storage.round_trips == before
    await alarmed_now(deployment)
    deployment.clock.move(CONDITION_LIFETIME + timedelta(seconds=1))
    assert "an alarm has been raised" in (await deployment.home.page())[0]


async def alarmed_now(deployment: Deployment) -> None:
    [integration] = await deployment.integrations.list()
    await deployment.alarms.raise_(integration.uuid, AlarmKind.SUBSCRIPTION, "lost")
