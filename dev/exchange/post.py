"""The mail transport. It delivers messages and keeps copies in Sent Items. Each recipient's Calendar Attendant
processes incoming messages.
"""

from collections.abc import Callable

from dev.exchange.attendant import Attendant
from dev.exchange.directory import Directory, User
from dev.exchange.model import Letter, MeetingPart
from dev.exchange.store import SENT, Store

AutoAnswer = Callable[[User, MeetingPart], None]


class PostOffice:
    """Delivers messages immediately. ``auto_answer`` is called for mailboxes that answer automatically."""

    def __init__(self, store: Store, directory: Directory, attendant: Attendant) -> None:
        self._store = store
        self._directory = directory
        self._attendant = attendant
        self.auto_answer: AutoAnswer = lambda _owner, _part: None

    def send(self, letter: Letter, *, save: bool = True) -> None:
        """Deliver a message once to each recipient. The sent copy is kept in the mailbox of ``from_``."""
        if save:
            author = self._directory.ensure(letter.from_.address, letter.from_.name)
            self._store.add_message(author.guid, SENT, letter, is_read=True)
        recipients = {address.address.casefold(): address for address in (*letter.to, *letter.cc, *letter.bcc)}
        for recipient in recipients.values():
            self._deliver(self._directory.ensure(recipient.address, recipient.name), letter)

    def _deliver(self, owner: User, letter: Letter) -> None:
        placement = self._attendant.receive(owner, letter)
        self._store.add_message(owner.guid, placement.folder, placement.letter)
        if placement.accepts and placement.letter.part:
            self.auto_answer(owner, placement.letter.part)
