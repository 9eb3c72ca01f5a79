"""How Azure's clients reach storage: through the deployment's web proxy, which is looked up only once.

If aiohttp trusts the environment, it looks up the proxy and the passwords in `.netrc` in a thread for every request.
This takes a third of a request's processor time, and a `.netrc` with a default entry breaks all requests.
"""

from typing import Any

from azure.core.pipeline.transport import AioHttpTransport

from shared.proxy import ServerProxies


class AzureTransport(AioHttpTransport):  # type: ignore[misc]  # exported lazily, so its type is unknown
    """A transport that looks up the web proxy once per server."""

    def __init__(self) -> None:
        super().__init__(use_env_settings=False)
        self._proxies = ServerProxies()

    async def send(self, request: Any, **options: Any) -> Any:
        """See AioHttpTransport.send."""
        return await super().send(request, proxy=self._proxies.of(request.url), **options)
