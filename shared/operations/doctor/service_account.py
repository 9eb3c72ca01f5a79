"""Examines whether the service account is signed in (OAUTH), and whether it is the one in the settings (E3). For the
latter, Graph is called with a delegated token from the same sign-in, because only Graph shows for certain whose token
it is. This needs the permission User.Read. Without it, the account remains unknown, but this is not reported as a
problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.errors import SchedulingError
from shared.identity.service_tokens import GRAPH_RESOURCE, ServiceTokens, SignInNeeded
from shared.integrations import Integration
from shared.mail_addresses import same_address
from shared.operations.doctor.finding import Check, Finding, Place, problem, sound

if TYPE_CHECKING:
    from shared.mailboxes.graph.client import GraphClient, Tokens


@dataclass(frozen=True)
class Account:
    """The facts about the sign-in: why it is invalid ("" if it is not), and its account ("" if unknown)."""

    lost: str = ""
    name: str = ""


class LooksAtAccount(Protocol):
    """Checks who is signed in, as ServiceAccountProbe does."""

    async def look(self, integration: Integration) -> Account:
        """Request a token for EWS, then the signed-in account. Raises Unavailable."""
        ...


class ServiceAccountProbe:
    """Calls the token endpoint and Graph. `graph` creates a client that authenticates with these tokens."""

    def __init__(self, tokens: ServiceTokens, graph: Callable[[Integration, Tokens], GraphClient]) -> None:
        self._tokens = tokens
        self._graph = graph

    async def look(self, integration: Integration) -> Account:
        """See LooksAtAccount.look."""
        try:
            await self._tokens.token(integration.uuid)
        except SignInNeeded as needed:
            return Account(lost=str(needed))
        graph = self._graph(integration, _Delegated(self._tokens, integration.uuid))
        try:
            me = await graph.get("/me", {"$select": "userPrincipalName"})
        except SchedulingError:
            return Account()  # no consent for Graph, or no route to it; the mailbox works without either
        finally:
            await graph.close()
        return Account(name=str(me.get("userPrincipalName", "")))


@dataclass(frozen=True)
class _Delegated:
    """The service account's tokens for Graph."""

    tokens: ServiceTokens
    uuid: str

    async def token(self) -> str:
        """See Tokens.token."""
        return (await self.tokens.token(self.uuid, GRAPH_RESOURCE)).get_secret_value()

    async def close(self) -> None:
        """See Tokens.close."""


def judge_account(account: Account, integration: Integration, place: Place) -> Finding:
    """The finding. Its remedy is the command that returns the sign-in link."""
    again = place.curl("POST", "sign_in/")
    if account.lost:
        return problem(Check.SERVICE_ACCOUNT, account.lost, again)
    if not account.name:
        return sound(Check.SERVICE_ACCOUNT, "Signed in. Without the permission User.Read, the account is unknown.")
    if not same_address(account.name, integration.username):
        details = "The signed-in account is not the integration's service account (username)."
        return problem(Check.SERVICE_ACCOUNT, details, again)
    return sound(Check.SERVICE_ACCOUNT, "Signed in, as the account in the settings.")
