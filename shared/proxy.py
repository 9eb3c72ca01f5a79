"""The deployment's web proxy (E5)."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(url: str) -> str | None:
    """The web proxy in the environment for a URL (HTTPS_PROXY, except NO_PROXY), or None."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
