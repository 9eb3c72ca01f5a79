"""What sign-in needs of the user records (P2). `shared/personal/users.py` stores them."""

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
        """The user's address, which identifies the owner of VMRs."""
        ...

    def sign_in(self, integration: str, key: str) -> str:
        """The id of the sign-in remembered under this key: after signing out, the next one has another.

        "" for a sign-in from before there were ids, and for none.
        """
        ...


class EndUsers(Protocol):
    """User records and their remembered sign-ins.

    A sign-in is remembered under a key: the `Caller.key` of whoever has proven to be that user. It is deleted with the
    record. Every call may raise Unavailable.
    """

    async def signed_in(self, integration: Integration, subject: str, email: str, name: str) -> EndUser:
        """The record of a user who has just signed in, found by key `subject`, otherwise by `email`; remembers
        `subject`.

        If there is none, it is created if the integration allows new users. Raises NotAllowed.
        """
        ...

    async def remember(self, integration: Integration, user: str, outlook: Caller) -> bool:
        """Remember another key of the user with this uuid: Outlook's own token proves them, too.

        Until the presented token expires; permanently once another one is presented that was issued after that, or if
        an admin has put the key on the record. So whoever has stolen one token cannot turn its user into somebody else
        for longer than that token is valid. Returns False, and changes nothing, for a key that proves somebody else, or
        if the record is gone.
        """
        ...

    async def known(self, integration: Integration, key: str) -> EndUser | None:
        """The user remembered under this key; None for a stranger, and after the record was deleted."""
        ...

    async def sign_out(self, integration: Integration, user: str) -> None:
        """Forget every key of the user with this uuid, so that nothing proves them until the next sign-in."""
        ...
