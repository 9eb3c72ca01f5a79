"""A proven user of the add-in."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """Who has proven to be calling (A2). `key` is stable and opaque: never a name, never an e-mail address.

    `email` is of the user's record, which a sign-in's verified claims have found or made; "" for a caller who is known
    by the key only. `mailboxes` are the addresses that the add-in named, which nobody has proven: the user's own, and
    that of the calendar in which the meeting is written (shared/aliases/people.py). `issued` and `expires` are the
    times of the token that has proven it, in seconds since 1970; 0 where it was another proof.
    """

    key: str
    method: str
    email: str = ""
    mailboxes: tuple[str, ...] = ()
    issued: int = field(default=0, compare=False)
    expires: int = field(default=0, compare=False)
