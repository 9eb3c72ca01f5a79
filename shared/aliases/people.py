"""Whose meetings a tag is for (A6): marks of the addresses that the add-in named when the tag was made.

The add-in names the user's own mailbox, and the one in whose calendar the meeting is written where that is another
(a delegate, a shared mailbox). An unused tag is good for a meeting whose organizer is one of them, or which one of them
sent: Exchange lets nobody send in another's name who may not, and says who did. What Outlook does not tell binds
nothing: a tag without marks, of another client than our pane, is good for any meeting, as it is in the original.

The names are the user's own word. That is enough: whoever names somebody else only gives away an alias of his own.
"""

import hmac
import re
from collections.abc import Iterable

from shared.mail_addresses import folded_address

MARK_BYTES = 5
"""Of a keyed digest: one of a trillion strangers fits."""

MAX_PEOPLE = 3
"""The user, the mailbox that is open, and the organizer that Outlook shows."""

_MAX_HEADER = 1000
_ADDRESS = re.compile(r"[!-~]{1,100}@[!-~]{1,150}")


def addresses_in(header: str) -> tuple[str, ...]:
    """The addresses of a header `X-Mailboxes: <address>, <address>`; what is no address is passed over.

    Outlook tells the organizer by a legacy Exchange DN now and then.
    """
    found = (part.strip() for part in header[:_MAX_HEADER].split(","))
    return tuple(dict.fromkeys(folded_address(each) for each in found if is_address(each)))[:MAX_PEOPLE]


def is_address(text: str) -> bool:
    """Whether a text is an SMTP address, in ASCII, rather than a legacy Exchange DN or nothing."""
    return _ADDRESS.fullmatch(text) is not None


class People:
    """Makes and compares marks with the deployment's signing key: in table and mail nobody's address stands."""

    def __init__(self, signing_key: bytes) -> None:
        self._key = hmac.digest(signing_key, b"people", "sha256")

    def marks(self, integration: str, addresses: Iterable[str]) -> tuple[bytes, ...]:
        """A mark for each address. Raises ValueError for one that is not ASCII."""
        prefix = f"{integration.lower()}\n"
        return tuple(
            hmac.digest(self._key, f"{prefix}{folded_address(address)}".encode(), "sha256")[:MARK_BYTES]
            for address in addresses
        )

    def fit(self, integration: str, marks: Iterable[bytes], addresses: Iterable[str]) -> bool:
        """Whether one of these addresses is meant by the marks.

        True without marks, and where Exchange tells none of a meeting's people by an SMTP address.
        """
        meant, known = set(marks), [address for address in addresses if is_address(address)]
        return not meant or not known or bool(meant & set(self.marks(integration, known)))
