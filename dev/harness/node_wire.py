"""The simulated Management Node without a network. An HTTP client's transport calls its API directly."""

import json

import httpx

from dev.management_node.api import Answer, Api, Request
from dev.management_node.auth import BASIC
from dev.management_node.node import Node
from shared.composition import Services
from shared.management_node.nodes import ManagementNodes

ON_NODE = {
    "conference_platform": "management_api", "bridge_url": "https://manager.example.com",
    "bridge_username": BASIC[0], "bridge_password": BASIC[1], "bridge_client_id": "", "bridge_private_key": "",
}  # fmt: skip
"""The settings of an integration with rooms on the node."""


class NodeWire(httpx.AsyncBaseTransport):
    """Passes requests to a node. The node's faults apply as over HTTP, but without delays."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._api = Api(node)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See AsyncBaseTransport."""
        method, path = request.method, request.url.path
        fault = self.node.faults.for_request(method, path)
        if fault is None:
            return _response(self._answer(request))
        if fault.action == "truncate":
            answer = _response(self._answer(request))
            return httpx.Response(answer.status_code, content=answer.content[: len(answer.content) // 2])
        if fault.after_effect:
            self._answer(request)
        else:
            self.node.takes(method, request.url.raw_path.decode())
        if fault.action == "status":
            wait = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
            return httpx.Response(fault.status, headers=wait)
        if fault.action == "html":
            return httpx.Response(200, html="<html>Gateway</html>")
        if fault.action == "hang":
            raise httpx.ReadTimeout("no response", request=request)
        raise httpx.ReadError("the connection broke", request=request)

    def _answer(self, request: httpx.Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        query = request.url.query.decode()
        return self._api.answer(Request(request.method, request.url.path, query, headers, request.content, origin))


def _response(answer: Answer) -> httpx.Response:
    content = b"" if answer.body is None else json.dumps(answer.body).encode()
    return httpx.Response(answer.status, headers=dict(answer.headers), content=content)


def wire_to(node: Node, services: Services, wire: httpx.AsyncBaseTransport | None = None) -> None:
    """Make the product use this node, regardless of the URL in the settings."""
    base = services.foundation
    nodes = ManagementNodes(base.integrations, base.storage, base.clock, wire or NodeWire(node))
    services.conferences.__dict__["management_nodes"] = nodes
