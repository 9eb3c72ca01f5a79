"""What sign-in needs from the user records (P2), which `shared/personal/users.py` stores."""

from typing import Protocol

from shared.identity.caller import Caller
from shared.integrations import Integration


class EndUser(Protocol):
    """A user record."""

    @property
    def uuid(self) -> str:
        """The record's identity. A record that is deleted and recreated gets a new uuid."""
        ...

    @property
    def email(self) -> str:
        """The user's address, by which VMRs identify their owner."""
        ...

    def sign_in(self, integration: str, key: str) -> str:
        """The id of the sign-in remembered under this key. A sign-in after signing out gets a new id. "" if there is no
        sign-in, or one that an earlier version stored without an id.
        """
        ...


class EndUsers(Protocol):
    """User records and their remembered sign-ins.

    A sign-in is remembered under the `Caller.key` of the account that signed in. It is deleted with the record. Every
    call may raise Unavailable.
    """

    async def signed_in(self, integration: Integration, subject: str, email: str, name: str) -> EndUser:
        """The record of a user who has just signed in, found by the key `subject` or else by `email`. `subject` is then
        remembered.

        If there is no record, one is created if the integration allows new users. Raises NotAllowed.
        """
        ...

    async def remember(self, integration: Integration, user: str, outlook: Caller) -> bool:
        """Remember another key of the user with this uuid, so that Outlook's own token identifies them, too.

        The key is remembered until the presented token expires. It is remembered permanently once a token issued after
        that is presented, or if an admin has added the key to the record. A stolen token therefore cannot identify its
        holder as somebody else for longer than it is valid. Returns False, and changes nothing, if the key identifies
        somebody else, or if the record is gone.
        """
        ...

    async def known(self, integration: Integration, key: str) -> EndUser | None:
        """The user remembered under this key; None if the key is unknown, or the record has been deleted."""
        ...

    async def sign_out(self, integration: Integration, user: str) -> None:
        """Forget every key of the user with this uuid, so that nothing identifies them until the next sign-in."""
        ...
