"""A doctor who finds what a test says."""

from collections.abc import Sequence

from shared.integrations import Integration
from shared.operations.doctor import Finding


class FakeDoctor:
    """An Examine. `findings` are what is found; `examined` are the uuids of those who were seen."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.examined: list[str] = []

    async def __call__(self, integration: Integration) -> Sequence[Finding]:
        self.examined.append(integration.uuid)
        return self.findings
