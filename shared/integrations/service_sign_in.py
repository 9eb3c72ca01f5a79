"""The sign-in of an OAuth service account (E3), as stored: first its state, then its refresh token."""

from __future__ import annotations

from uuid import uuid4

from pydantic import SecretStr

from shared.errors import Conflict
from shared.integrations.integration import Integration
from shared.integrations.pending_secrets import PendingSecrets
from shared.integrations.store import IntegrationStore
from shared.secrets import SecretReference


async def start_sign_in(integrations: IntegrationStore, uuid: str) -> str:
    """A new `oauth_state` for a sign-in, which invalidates any earlier one. Raises NotFound."""
    state = str(uuid4())

    async def change(now: Integration, _: PendingSecrets) -> Integration:
        return now.model_copy(update={"oauth_state": state})

    await integrations.change(uuid, change)
    return state


async def finish_sign_in(
    integrations: IntegrationStore, uuid: str, token: SecretStr, state: str | None = None
) -> Integration:
    """Store the refresh token from a sign-in, and end the sign-in. If `state` is given, it must be that of the sign-in
    in progress. Raises Conflict, NotFound, Unavailable.
    """

    async def change(now: Integration, keep: PendingSecrets) -> Integration:
        if state is not None and now.oauth_state != state:
            raise Conflict("Another sign-in was started in the meantime, or settings that end a sign-in were saved.")
        return now.model_copy(update={"oauth_state": None, **await keep({"oauth_refresh_token": token})})

    return await integrations.change(uuid, change)


async def renew_refresh_token(
    integrations: IntegrationStore, uuid: str, token: SecretStr, before: SecretReference
) -> Integration:
    """Store a renewed token in place of the one under `before`. Raises NotFound, Unavailable, or Conflict if the
    account has been signed in or out in the meantime.
    """

    async def change(now: Integration, keep: PendingSecrets) -> Integration:
        if now.oauth_refresh_token != before:
            raise Conflict("The service account has been signed in or out in the meantime.")
        return now.model_copy(update=dict(await keep({"oauth_refresh_token": token})))

    return await integrations.change(uuid, change)
