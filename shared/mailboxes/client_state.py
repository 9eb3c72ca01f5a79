"""Signed clientStates, by which notifications prove that they are genuine (docs/architecture.md, rule 4; exchange.md
§3).

    11111111-1111-4111-8111-111111111111.GmS0yV…      the integration's uuid, and its signature

The webhook needs no lookup, so it responds within milliseconds of a cold start, and a forged notification costs
nothing. A clientState is sent only to Graph, and is not stored in any table.

**Why nothing is stored.** A stored digest could be revoked with its subscription. A signature remains valid until the
signing key is rotated, even if its subscription has been lost. This does no harm. With a clientState, an attacker could
only trigger a sweep of that integration's mailbox, or send message ids, which are looked up in that mailbox and nowhere
else. A deleted integration has no mailbox, so the worker drops notices about it.
"""

import base64
import hashlib
import hmac


class ClientStates:
    """Makes and verifies clientStates with the deployment's signing key."""

    def __init__(self, signing_key: bytes) -> None:
        # The key is derived for this purpose alone, so nothing signed for another purpose can be mistaken for a
        # clientState.
        self._key = hmac.digest(signing_key, b"client states", "sha256")

    def of(self, integration: str) -> str:
        """The clientState for the integration with this uuid. It has 80 characters, well within Graph's limit of
        128.
        """
        signature = hmac.digest(self._key, integration.encode(), "sha256")
        return f"{integration}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    def integration(self, client_state: str) -> str | None:
        """The integration that a clientState belongs to; None if we did not issue it. The comparison takes constant
        time.
        """
        if not client_state.isascii():
            return None
        integration = client_state.partition(".")[0]
        return integration if hmac.compare_digest(client_state, self.of(integration)) else None


def digest(client_state: str) -> str:
    """The digest of a clientState. It may be stored, to check later whether the clientState is still current. 256
    random bits need no salt.
    """
    return hashlib.sha256(client_state.encode()).hexdigest()
