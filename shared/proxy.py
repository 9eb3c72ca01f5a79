"""The deployment's web proxy (E5)."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(url: str) -> str | None:
    """The environment's web proxy for a URL (HTTPS_PROXY, except NO_PROXY), or None."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


class ServerProxies:
    """The web proxies for the servers that a client calls. Each is looked up once rather than for every request."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    def of(self, url: str) -> str | None:
        """The web proxy for a URL, cached for the URL's server; see `proxy_for`."""
        server = "/".join(url.split("/", 3)[:3])
        if server not in self._known:
            self._known[server] = proxy_for(server)
        return self._known[server]
