"""A proven user of the add-in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """Who has proven to be calling (A2). `key` is stable and opaque: never a name, never an e-mail address.

    `email` is of the user's record, which a sign-in's verified claims have found or made; "" for a caller who is known
    by the key only. `mailboxes` are the addresses that the add-in named, which nobody has proven: the user's own, and
    that of the calendar in which the meeting is written (shared/aliases/people.py).
    """

    key: str
    method: str
    email: str = ""
    mailboxes: tuple[str, ...] = ()
