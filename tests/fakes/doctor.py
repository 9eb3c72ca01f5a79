"""A doctor who finds what a test says."""

from collections.abc import Collection

from shared.integrations import Integration
from shared.operations.doctor import Examination, Finding


class FakeDoctor:
    """An Examine. `findings` are what is found; `examined` are the uuids of those who were seen."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.examined: list[str] = []

    async def __call__(self, integration: Integration, only: Collection[str] = ()) -> Examination:
        self.examined.append(integration.uuid)
        wanted = [finding for finding in self.findings if not only or finding.check in only]
        return Examination(list(dict.fromkeys(finding.check for finding in self.findings)), wanted)
