"""A fake sign-in for service accounts, which only creates links."""

from datetime import UTC, datetime

from shared.identity.service_account import Link


async def sign_in_link(uuid: str) -> Link:
    """A fake `StartSignIn`. The link contains the integration's uuid."""
    redirect_uri = "https://vmr.example.com/service-account/oauth_redirect"
    return Link(f"https://login.example.com/?state={uuid}", datetime(2026, 11, 23, 10, tzinfo=UTC), redirect_uri)
