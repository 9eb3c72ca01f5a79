"""A fake `Counting`, which keeps its counts in memory."""

from collections import Counter
from collections.abc import Iterable


class FakeCounting:
    """A fake `Counting`. `counted` contains all counts; `written` contains those that the latest write would have
    stored.
    """

    def __init__(self) -> None:
        self.counted = Counter[str]()
        self.written = Counter[str]()

    def count(self, integration: str, names: Iterable[str]) -> None:
        self.counted.update(names)

    async def write(self) -> None:
        self.written = Counter(self.counted)
