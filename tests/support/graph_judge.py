"""Checks all requests to the simulated Graph, its responses, and its notifications to webhooks. All three are checked
against Microsoft's description of Graph. Requests and responses are also checked with the real SDK.
"""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from aiohttp import web

from dev.exchange.graph.gateway import ROOT
from tests.support import graph_builders, graph_description
from tests.support.graph_builders import NoBuilderError
from tests.support.graph_description import DESCRIPTION, NoSuchPathError, declared

CLIENTS = ("vmr-scheduling", "kiota-python")
"""How the User-Agents of the product's client and the SDK start, unlike those of hand-written requests in tests."""

_TOKENS = {"$deltatoken", "$skiptoken"}
"""Parameters that occur only in links from Graph. Tests may corrupt them."""


_HELD: set[str] = set()
"""The shapes of responses that the SDK's models are known to represent."""


class GraphJudge:
    """Collects the violations found. ``built`` counts the requests that the SDK must be able to create."""

    def __init__(self) -> None:
        self.requests = self.answers = self.refusals = self.notices = 0
        self.built = self.followed = self.held = 0
        self.violations: list[str] = []
        self._links: set[str] = set()
        self._is_described = DESCRIPTION.exists()
        self._has_sdk = find_spec("msgraph") is not None

    def __call__(self, request: web.Request, content: bytes, answer: web.StreamResponse) -> None:
        """Check one call. An exception in the check counts as a violation, but the client still gets its response."""
        try:
            self._judge(request, content, answer)
        except Exception as error:  # a web server would swallow the exception
            self.violations.append(f"{request.method} {_shape(request.path)}: {error!r}")

    def _judge(self, request: web.Request, content: bytes, answer: web.StreamResponse) -> None:
        path = request.rel_url.raw_path.removeprefix(ROOT)
        what = f"{request.method} {_shape(path)}"
        if request.headers.get("User-Agent", "").startswith(CLIENTS):
            self.requests += 1
            self._note(f"request {what}", self._faults_of_request(request, path, content))
        body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
        document = json.loads(body) if body else {}
        if answer.status >= 400:
            self.refusals += 1
            refused = graph_builders.faults_of_refusal(document) if body and self._has_sdk else []
            self._note(f"refusal of {what}", refused)
            return
        self.answers += 1
        if body:
            self._links |= {document[name] for name in ("@odata.nextLink", "@odata.deltaLink") if name in document}
            self._note(f"response to {what}", self._faults_of_answer(request.method, path, document))

    def told(self, document: Mapping[str, Any]) -> None:
        """Check a request to a webhook."""
        self.notices += 1
        if self._is_described:
            self._note("notification", graph_description.faults_of_notices(dict(document)))

    def _faults_of_request(self, request: web.Request, path: str, content: bytes) -> Iterator[str]:
        is_link = str(request.url) in self._links or bool(_TOKENS & set(request.query))
        self.followed += is_link
        self.built += self._has_sdk and not is_link
        try:
            if self._is_described:
                document = json.loads(content) if content and request.content_type == "application/json" else None
                yield from graph_description.faults_of_request(path, request.query, document)
            if self._has_sdk and not is_link:
                query, headers = request.query, request.headers
                yield from graph_builders.faults_of_request(request.method, path, query, headers, content)
        except (NoSuchPathError, NoBuilderError) as error:
            yield str(error)

    def _faults_of_answer(self, method: str, path: str, document: dict[str, Any]) -> Iterator[str]:
        if self._is_described:
            yield from graph_description.faults_of_answer(method, path, document)
        try:
            if self._has_sdk:
                self.held += 1
                yield from self._faults_of_models(method, path, document)
        except NoBuilderError:
            pass  # the SDK never spells a path like this; the response was checked against the description

    def _faults_of_models(self, method: str, path: str, document: dict[str, Any]) -> list[str]:
        """The models' faults. Models are slow, so only one of several responses with the same form is checked."""
        items = document["value"] if isinstance(document.get("value"), list) else [document]
        kind = f"{method} {'/'.join(graph_description.segments(path)[2::2])}"
        fresh = {key: item for item in items if (key := f"{kind} {_looks(item)}") not in _HELD}
        if not fresh and items:
            return []
        shown = document | {"value": list(fresh.values())} if "value" in document else document
        wrong = declared(graph_builders.faults_of_answer(method, path, shown))
        _HELD.update(() if wrong else fresh)
        return wrong

    def _note(self, what: str, wrong: Iterator[str] | list[str]) -> None:
        self.violations += [f"{what}: {fault}" for fault in wrong]


def _looks(value: Any) -> str:
    """JSON without whatever varies between items: digits in strings, long strings, and the lengths of lists."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_looks(each)}' for name, each in sorted(value.items()))}}}"
    if isinstance(value, list):
        return f"[{', '.join(sorted({_looks(each) for each in value}))}]"
    if isinstance(value, str):
        return re.sub(r"\d", "0", value) if len(value) < 40 else "…"
    return str(value) if isinstance(value, bool) else type(value).__name__


def _shape(path: str) -> str:
    """A path without its ids."""
    return "/".join(part if len(part) < 40 else "…" for part in graph_description.segments(path))
