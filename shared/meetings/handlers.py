"""The objects that do one integration's work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.intake.mailbox_addresses import learn_addresses
from shared.intake.watcher import Watcher
from shared.meetings.backlog import Backlog
from shared.meetings.comparison import Comparison
from shared.meetings.due_runner import DueRunner
from shared.meetings.processor import Processor


@dataclass(frozen=True)
class Handlers:
    """An integration's processor, watcher and due runner."""

    processor: Processor
    watcher: Watcher
    due_runner: DueRunner

    @property
    def backlog(self) -> Backlog:
        """The backlog, which retries work that could not be finished immediately."""
        return Backlog(self.processor, self.watcher)

    @property
    def comparison(self) -> Comparison:
        """The comparison of the mailbox's calendar with the records."""
        of = self.processor
        return Comparison(
            of.integration.uuid, of.mailbox, of.records, self.watcher.state, of.queue, of.counting, of.clock
        )

    async def learn_addresses(self) -> None:
        """Refresh the mailbox's known addresses."""
        of = self.processor
        await learn_addresses(of.mailbox, of.integration.mailbox, self.watcher.state)


HandlersOf = Callable[[str], Awaitable[Handlers]]
"""Returns the handlers of the integration with the given uuid. Raises NotFound."""
