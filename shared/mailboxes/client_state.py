"""What a notification is believed by: a clientState that proves itself (docs/architecture.md, rule 4; exchange.md §3).

    11111111-1111-4111-8111-111111111111.GmS0yV…      the integration's uuid, and its signature

The webhook has to look nothing up, so it answers within milliseconds of a cold start, and a stranger's POST costs
nothing. Only Graph is told it; it stands in no table.

**Why nothing is stored.** A stored digest could be withdrawn with its subscription; a signature holds until the
signing key is renewed, also for subscriptions that were lost. That does no harm: whoever knew one could do no more
than name message ids, which are looked up in that integration's own mailbox and nowhere else, or ask for a sweep of
it. An integration that has been deleted has no mailbox: the worker drops its notices.
"""

import base64
import hashlib
import hmac


class ClientStates:
    """Makes and verifies clientStates with the deployment's signing key."""

    def __init__(self, signing_key: bytes) -> None:
        # A key of its own: nothing that is signed for another purpose can pass for a clientState.
        self._key = hmac.digest(signing_key, b"client states", "sha256")

    def of(self, integration: str) -> str:
        """The clientState of an integration (its uuid); 80 of the 128 characters that Graph allows."""
        signature = hmac.digest(self._key, integration.encode(), "sha256")
        return f"{integration}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    def integration(self, client_state: str) -> str | None:
        """Whose clientState it is; None when it is not ours. Compared in constant time."""
        if not client_state.isascii():
            return None
        integration = client_state.partition(".")[0]
        return integration if hmac.compare_digest(client_state, self.of(integration)) else None


def digest(client_state: str) -> str:
    """What may be kept of a clientState, to see whether it is still the right one; 256 random bits need no salt."""
    return hashlib.sha256(client_state.encode()).hexdigest()
