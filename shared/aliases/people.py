"""Determines whose meetings a tag is valid for (A6), using marks (short keyed digests) of the addresses that the add-in
sent when the tag was created.

The add-in sends the address of the user's own mailbox and, if the meeting is in another mailbox's calendar (the user is
a delegate, or has opened a shared mailbox), the address of that mailbox. An unused tag is valid for a meeting whose
organizer or sender is one of them: Exchange lets only authorized people send in somebody else's name, and reports who
did. Without information from Outlook there is no restriction: a tag without marks, from a client other than our task
pane, is valid for any meeting, as in the original product.

The addresses are not verified, and need not be: a user who names somebody else merely lets that person use one of the
user's own aliases.
"""

import hmac
import re
from collections.abc import Iterable

from shared.mail_addresses import folded_address

MARK_BYTES = 5
"""Length of a mark in bytes: only one other address in a trillion matches by chance."""

MAX_PEOPLE = 3
"""Maximum number of addresses: the user, the mailbox that is open, and the organizer that Outlook shows."""

_MAX_HEADER = 1000
_ADDRESS = re.compile(r"[!-~]{1,100}@[!-~]{1,150}")


def addresses_in(header: str) -> tuple[str, ...]:
    """The addresses in a header `X-Mailboxes: <address>, <address>`; anything else in it is ignored.

    Outlook sometimes reports the organizer as a legacy Exchange DN.
    """
    found = (part.strip() for part in header[:_MAX_HEADER].split(","))
    return tuple(dict.fromkeys(folded_address(each) for each in found if is_address(each)))[:MAX_PEOPLE]


def is_address(text: str) -> bool:
    """Whether a string is an SMTP address in ASCII, and not a legacy Exchange DN or empty."""
    return _ADDRESS.fullmatch(text) is not None


class People:
    """Creates and compares marks, using the deployment's signing key, so that neither tables nor e-mails contain an
    address.
    """

    def __init__(self, signing_key: bytes) -> None:
        self._key = hmac.digest(signing_key, b"people", "sha256")

    def marks(self, integration: str, addresses: Iterable[str]) -> tuple[bytes, ...]:
        """A mark for each address. Raises ValueError if an address is not ASCII."""
        prefix = f"{integration.lower()}\n"
        return tuple(
            hmac.digest(self._key, f"{prefix}{folded_address(address)}".encode(), "sha256")[:MARK_BYTES]
            for address in addresses
        )

    def fit(self, integration: str, marks: Iterable[bytes], addresses: Iterable[str]) -> bool:
        """Whether the marks include one of these addresses. Also true if there are no marks, or if none of the
        addresses is an SMTP address.
        """
        meant, known = set(marks), [address for address in addresses if is_address(address)]
        return not meant or not known or bool(meant & set(self.marks(integration, known)))
