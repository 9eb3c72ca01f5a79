"""A Management Node: our own management API, which speaks the same protocol, over HTTP. It can be made to fail."""

import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.errors import NotAuthenticated, NotFound
from shared.management import Call
from tests.unit.shared.management.api import PROOF, Api

USERNAME, PASSWORD = "api", "correct staple"
CLIENT = "scheduling"
BASIC = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
CLAIMS = {"iss", "sub", "aud", "iat", "exp", "jti"}


class Node:
    """A running node. `answers` are given instead of real ones, first come; `asked` are the requests it has seen."""

    def __init__(self) -> None:
        self.api = Api()
        self.url = ""
        self.port = 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.tokens: set[str] = set()
        self.assertions: set[str] = set()
        self.asked: list[web.Request] = []
        self.answers: list[web.Response] = []

    @property
    def private_key(self) -> str:
        """The client's, in PEM."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    async def create(self, name: str, owner: str, *aliases: str, **more: Any) -> None:
        """A VMR on the node."""
        fields = {"name": name, "primary_owner_email_address": owner, "aliases": list(aliases), **more}
        answer = await self.api.call("POST", "configuration/v1/conference/", fields)
        assert answer.status == 201, answer.body

    async def token(self, request: web.Request) -> web.Response:
        """What docs/facts/pexip.md §1 says of POST /oauth/token/."""
        form = await request.post()
        assert form["grant_type"] == "client_credentials"
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assertion, audience = str(form["client_assertion"]), f"{self.url}/oauth/token/"
        try:
            claims = jwt.decode(
                assertion,
                self.key.public_key(),
                ["ES256"],
                audience=audience,
                options={"verify_exp": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            return web.json_response({"error": "invalid_client"}, status=401)
        assert claims.keys() == CLAIMS
        assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == (CLIENT, CLIENT, 3600)
        assert claims["jti"] not in self.assertions
        self.assertions.add(claims["jti"])
        token = f"token-{len(self.assertions)}"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    async def answer(self, request: web.Request) -> web.Response:
        """Everything else."""
        self.asked.append(request)
        if self.answers:
            return self.answers.pop(0)
        try:
            call = Call(
                request.method, request.path, request.query_string, self._headers(request), await request.read()
            )
            answer = await self.api.management.answer(call)
        except NotAuthenticated:
            return web.Response(status=401)
        except NotFound:
            return web.Response(status=404)
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)

    def _headers(self, request: web.Request) -> Mapping[str, str]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = request.headers.get("Authorization") == BASIC or (scheme == "Bearer" and token in self.tokens)
        return PROOF if known else {}


@asynccontextmanager
async def running_node(tls: ssl.SSLContext | None = None) -> AsyncIterator[Node]:
    """A node on a free port; by https, as "localhost", when it has a certificate."""
    node = Node()
    app = web.Application()
    app.add_routes([web.post("/oauth/token/", node.token), web.route("*", "/api/admin/{rest:.*}", node.answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        node.port = runner.addresses[0][1]
        node.url = f"https://localhost:{node.port}" if tls else f"http://127.0.0.1:{node.port}"
        yield node
    finally:
        await runner.cleanup()
