"""A fake doctor, which returns the findings that a test has set."""

from collections.abc import Collection

from shared.integrations import Integration
from shared.operations.doctor import Examination, Finding


class FakeDoctor:
    """A fake `Examine`, which returns `findings`. `examined` lists the uuids of the integrations that were examined."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.examined: list[str] = []

    async def __call__(self, integration: Integration, only: Collection[str] = ()) -> Examination:
        self.examined.append(integration.uuid)
        wanted = [finding for finding in self.findings if not only or finding.check in only]
        return Examination(list(dict.fromkeys(finding.check for finding in self.findings)), wanted)
