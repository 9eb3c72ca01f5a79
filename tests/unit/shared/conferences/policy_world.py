"""Requests from conferencing nodes to external policy, and the responses to them."""

from typing import Any

from dev.harness.storage import MemoryStorage
from shared.conferences.platform import PolicyPlatform
from shared.conferences.policy import Policy
from tests.fakes.clock import FakeClock
from tests.support.conferences import START, TAG, scheduled

SERVICE_TAG = f"11111111-1111-4111-8111-111111111111:{TAG}"


class PolicyWorld:
    """A policy with one stored booking."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.clock = FakeClock(START)
        self.policy = Policy(self.storage, self.clock)

    async def show(self, **conference: Any) -> None:
        await PolicyPlatform(self.storage).show(scheduled(**conference))

    async def ask(self, local_alias: str = "meet123456@example.com") -> Any:
        return await self.policy.service_configuration(local_alias)
