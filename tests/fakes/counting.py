"""A Counting that remembers what it is told, and writes nothing."""

from collections import Counter
from collections.abc import Iterable


class FakeCounting:
    """A Counting; `counted` is what has been counted, `written` how much of it would have been written by now."""

    def __init__(self) -> None:
        self.counted = Counter[str]()
        self.written = Counter[str]()

    def count(self, integration: str, names: Iterable[str]) -> None:
        self.counted.update(names)

    async def write(self) -> None:
        self.written = Counter(self.counted)
