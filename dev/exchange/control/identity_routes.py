"""Control routes for identity tokens, and the metadata document with their keys."""

from aiohttp import web

from dev.exchange.control.common import ControlError, document, text
from dev.exchange.identity import IDENTITY_TOKEN_LIFETIME
from dev.exchange.state import Exchange


class IdentityRoutes:
    """Routes that issue tokens, roll over the keys, and publish certificates."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """The control routes for identity tokens."""
        return [
            web.post("/dev/identity-token", self.identity_token),
            web.post("/dev/identity-keys/roll", self.roll_keys),
            web.get("/autodiscover/metadata/json/1", self.metadata),
        ]

    async def identity_token(self, request: web.Request) -> web.Response:
        """Issue a token: {"user", "audience"?, "amurl"?, "expires_in"?, "signed_by": "other"?} → {"token"}."""
        given = await document(request)
        life = given.get("expires_in", IDENTITY_TOKEN_LIFETIME)
        if not isinstance(life, int):
            raise ControlError(f"'expires_in' must be a whole number of seconds; got {life!r}")
        user = self._exchange.directory.ensure(text(given, "user"))
        token = self._exchange.identity.token(
            user,
            audience=given.get("audience", self._exchange.settings.audience),
            amurl=given.get("amurl", _metadata_url(request)),
            expires_in=life,
            forged=given.get("signed_by") == "other",
        )
        return web.json_response({"token": token})

    async def roll_keys(self, _request: web.Request) -> web.Response:
        """Sign with a new key from now on."""
        self._exchange.identity.roll()
        return web.json_response({})

    async def metadata(self, request: web.Request) -> web.Response:
        """The metadata document with the signing certificates."""
        return web.json_response(self._exchange.identity.metadata(_metadata_url(request)))


def _metadata_url(request: web.Request) -> str:
    """The URL of the metadata document. It does not depend on the host name in the request, because the product
    compares it literally.
    """
    port = request.transport.get_extra_info("sockname")[1] if request.transport else request.url.port
    return f"http://127.0.0.1:{port}/autodiscover/metadata/json/1"
