"""The steps of a user's sign-in."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from shared.errors import InvalidRequest, NotAuthenticated, Unavailable
from shared.identity.caller import Caller
from shared.identity.end_users import EndUsers
from shared.identity.proxy_routes import ProxyRoutes
from shared.identity.sign_in.codes import Codes, Redeemed
from shared.identity.sign_in.endpoint import AUTHORIZATION_CODE_MAX_LENGTH, TokenEndpoints, refusal
from shared.identity.sign_in.provider import AZURE, Provider, fingerprint, provider_of
from shared.identity.sign_in.sessions import Sessions
from shared.identity.sign_in.state_cookie import Attempts
from shared.identity.sign_in.tokens import ProviderTokens, SignedInUser
from shared.integrations import Integration, IntegrationStore
from shared.web.addresses import Addresses

log = logging.getLogger(__name__)

CALLBACK = "/addin/sign-in/callback"
"""Path of the redirect URI on the integration's add-in server."""

_INCOMPLETE = "Sign-in is not set up here. Please tell your administrator to set the Azure OAuth client secret."

Identify: TypeAlias = Callable[[Integration, str], Awaitable[Caller]]


@dataclass(frozen=True)
class UserSignIn:
    """Handles the sign-in's routes. `identify` is AddInUsers.identify."""

    integrations: IntegrationStore
    addresses: Addresses
    attempts: Attempts
    endpoints: TokenEndpoints
    tokens: ProxyRoutes[ProviderTokens]
    users: EndUsers
    codes: Codes
    sessions: Sessions
    identify: Identify

    async def start(self, uuid: str, challenge: str) -> tuple[str, str]:
        """The dialog's redirect, and its Set-Cookie header. Raises NotFound, InvalidRequest, Unavailable."""
        integration = await self.integrations.cached(uuid)
        provider = provider_of(integration)
        state, cookie = self.attempts.start(integration.uuid, challenge)
        return provider.authorization(self._redirect_uri(integration), state, self.attempts.proof(state)), cookie

    async def finish(self, answer: Mapping[str, str], cookies: str) -> tuple[Integration, str]:
        """Complete the sign-in with the query from the provider's callback. Returns the integration and the one-time
        code. Raises NotAuthenticated, NotAllowed, SignInRefused, NotFound, InvalidRequest, Unavailable.
        """
        attempt = self.attempts.resume(answer.get("state", ""), cookies)
        if "error" in answer:
            raise refusal(answer)
        code = answer.get("code", "")
        if not 0 < len(code) <= AUTHORIZATION_CODE_MAX_LENGTH:
            raise InvalidRequest("The sign-in service's response has no code. Close this window and sign in again.")
        integration = await self.integrations.cached(attempt.integration)
        proven = await self._proven(integration, provider_of(integration), attempt.state, code)
        user = await self.users.signed_in(integration, proven.subject, proven.email, proven.name)
        sign_in = user.sign_in(integration.uuid, proven.subject)
        owner = Redeemed(user.uuid, proven.subject, sign_in, fingerprint(integration))
        return integration, await self.codes.issue(attempt, owner)

    async def redeem(self, uuid: str, code: str, verifier: str, token: str = "") -> str:
        """The session token issued in exchange for a one-time code. Raises NotFound, NotAuthenticated, Unavailable.

        `token` is the user's own Outlook token, if there is one. After that, it identifies the user without a dialog
        (EndUsers.remember).
        """
        integration = await self.integrations.cached(uuid)
        owner = await self.codes.redeem(integration.uuid, code, verifier)
        if token:
            await self._remember(integration, owner, token)
        return self.sessions.make(integration, owner)

    async def sign_out(self, uuid: str, token: str) -> None:
        """Forget the user's sign-ins, on every device. Raises NotFound, NotAuthenticated, Unavailable."""
        integration = await self.integrations.cached(uuid)
        owner = await self.sessions.owner(integration, token)
        await self.users.sign_out(integration, owner.user)

    async def _proven(self, integration: Integration, provider: Provider, state: str, code: str) -> SignedInUser:
        proof, secret = self.attempts.proof(state), ""
        if provider.kind == AZURE:
            kept = await self.integrations.secret(integration.uuid, "personal_vmr_oauth_client_secret")
            if kept is None:
                raise Unavailable(_INCOMPLETE)
            secret = kept.get_secret_value()
        form = provider.exchange(self._redirect_uri(integration), code, proof, secret)
        answer = await self.endpoints.ask(integration, provider.token_url, form)
        return await self.tokens.of(integration).user(provider, answer, proof.nonce)

    async def _remember(self, integration: Integration, owner: Redeemed, token: str) -> None:
        if self.sessions.is_one(token):
            return
        try:
            caller = await self.identify(integration, token)
        except (NotAuthenticated, Unavailable) as error:
            # The user is signed in anyway. Outlook's token would only have made the next dialog unnecessary.
            log.info("Outlook's token was not remembered with a sign-in: %s", error.code)
            return
        if caller.key == owner.subject:
            return
        if _are_two(caller.key, owner.subject) or not await self.users.remember(integration, owner.user, caller):
            log.warning("integration %s: Outlook's token and the sign-in belong to different users", integration.uuid)

    def _redirect_uri(self, integration: Integration) -> str:
        return self.addresses.origin(integration) + CALLBACK


def _are_two(key: str, subject: str) -> bool:
    """Whether two keys belong to different accounts in one Entra tenant, and so to different people."""
    tenant, tenant_too = (text.rpartition(":")[0] for text in (key, subject))
    return key.startswith("entra:") and tenant == tenant_too and key != subject
