"""What works for one integration."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.mailboxes.watch import Watcher
from shared.meetings.agenda import Agenda
from shared.meetings.backlog import Backlog
from shared.meetings.comparison import Comparison
from shared.meetings.processor import Processor


@dataclass(frozen=True)
class Hands:
    """An integration's processor, watcher and agenda."""

    processor: Processor
    watcher: Watcher
    agenda: Agenda

    @property
    def backlog(self) -> Backlog:
        """What could not be finished when it came."""
        return Backlog(self.processor, self.watcher)

    @property
    def comparison(self) -> Comparison:
        """What compares the mailbox's calendar with the records."""
        of = self.processor
        return Comparison(of.integration.uuid, of.mailbox, of.records, self.watcher.state, of.queue, of.clock)


HandsOf = Callable[[str], Awaitable[Hands]]
"""The hands of an integration, by its uuid. Raises NotFound."""
