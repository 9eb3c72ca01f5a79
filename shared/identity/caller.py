"""An authenticated user of the add-in."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """The authenticated caller (A2). `key` is stable and opaque: never a name or an e-mail address.

    `email` is the address in the user's record, which was found or created from a sign-in's verified claims; "" for a
    caller who is only known by the key. `mailboxes` are the unverified addresses sent by the add-in: the user's own,
    and that of the mailbox whose calendar contains the meeting (shared/aliases/people.py). `issued` and `expires` are
    the token's times in seconds since 1970, or 0 without a token.
    """

    key: str
    method: str
    email: str = ""
    mailboxes: tuple[str, ...] = ()
    issued: int = field(default=0, compare=False)
    expires: int = field(default=0, compare=False)
