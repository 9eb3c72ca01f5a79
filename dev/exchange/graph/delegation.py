"""Delegated and application access. A token from the stack's own provider represents only the account that signed in.

It opens the account's own mailbox and the mailboxes to which the account has full access (`Mail.ReadWrite.Shared` and
similar scopes). Any string that is not a JWT counts as an application's token. It opens every mailbox, or only the
granted ones (RBAC for Applications, or an application access policy). `Exchange.application_scopes` contains the
addresses of the granted mailboxes in lower case, keyed by token.
"""

from dev.exchange.ews.access import Account
from dev.exchange.ews.tokens import JsonWebKeys, Tokens
from dev.exchange.graph.errors import GraphError
from dev.exchange.state import Exchange

_AUDIENCES = ("https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000")


class Delegation:
    """Identifies a bearer token's account, and the mailboxes that it may open. ``keys`` returns the provider's JWKS."""

    def __init__(self, exchange: Exchange, keys: JsonWebKeys) -> None:
        self._exchange = exchange
        self._tokens = Tokens(keys, exchange.clock.now)

    def caller(self, token: str) -> Account | None:
        """The account that signed in, or None for an application. Raises `GraphError` if the token is invalid."""
        if token.count(".") != 2:
            return None
        claims = self._tokens.verified(token) or {}
        if str(claims.get("aud", "")).rstrip("/") not in _AUDIENCES:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
        name = str(claims.get("upn", ""))
        return self._exchange.ews.account(name) or Account(name, name, "")

    def check(self, token: str, caller: Account | None, mailbox: str | None) -> None:
        """Check that the caller may open the mailbox in a path. Raises `GraphError`."""
        owner = self._exchange.directory.find(mailbox or "")
        scope = {caller.address.casefold(), *caller.opens} if caller else self._exchange.application_scopes.get(token)
        if owner and scope is not None and owner.address.casefold() not in scope:
            raise GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
