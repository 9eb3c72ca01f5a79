"""What signing in needs of the user records (P2). `shared/personal/users.py` keeps them."""

from typing import Protocol

from shared.identity.caller import Caller
from shared.integrations import Integration


class EndUser(Protocol):
    """A user record."""

    @property
    def uuid(self) -> str:
        """Its identity: a record that is deleted and recreated has another one."""
        ...

    @property
    def email(self) -> str:
        """The user's address, by which VMRs name their owner."""
        ...

    def sign_in(self, integration: str, key: str) -> str:
        """The id of the sign-in that is remembered under this key: after signing out, the next one has another.

        "" for a sign-in from before there were ids, and for none.
        """
        ...


class EndUsers(Protocol):
    """User records, and the sign-ins that they remember.

    A sign-in is remembered under a key: `Caller.key` of whoever has proven to be that user. It is forgotten with the
    record. Every call may raise Unavailable.
    """

    async def signed_in(self, integration: Integration, subject: str, email: str, name: str) -> EndUser:
        """The record of a user who has just signed in, found by key `subject`, else by `email`; remembers `subject`.

        Without a record one is made if the integration allows new users. Raises NotAllowed.
        """
        ...

    async def remember(self, integration: Integration, user: str, outlook: Caller) -> bool:
        """Remember another key of the user with this uuid: Outlook's own token proves them, too.

        Until the token that was brought expires; for good once another one is brought that was issued after that, or
        where an admin has put the key on the record. So whoever has got hold of one token cannot make its user somebody
        else for longer than that token lives. False, and nothing is changed, for a key that proves somebody else, and
        when the record is gone.
        """
        ...

    async def known(self, integration: Integration, key: str) -> EndUser | None:
        """The user who is remembered under this key; None for a stranger, and after the record was deleted."""
        ...

    async def sign_out(self, integration: Integration, user: str) -> None:
        """Forget every key of the user with this uuid, so that nothing proves them before the next sign-in."""
        ...
