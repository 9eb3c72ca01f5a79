"""A Graph client that uses only the standard library, because our packages are not installed on administrators'
machines. It sends and receives JSON, raises an exception if a request is refused, and never shows anything from
people's mail. The product's own client is shared/mailboxes/graph/client.py. Both send the same headers.
"""

import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from email.message import Message
from typing import IO, Any

GRAPH = "https://graph.microsoft.com/v1.0"
LOCAL = "http://127.0.0.1:"
IMMUTABLE_IDS = 'IdType="ImmutableId"'
_PROGRAM = "vmr-scheduling-live-check"
_FETCH_TIMEOUT = 60.0
_TRIES = 4
_LONGEST_WAIT = 60.0

Json = dict[str, Any]


class Refused(Exception):
    """Graph refused a request.

    `status` is the HTTP status and `code` is Graph's own. Graph's message is dropped, because it may name people.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}".rstrip())
        self.status = status
        self.code = code


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Never follows redirects, so that a token is sent to Graph and nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Do not follow the redirect. Its response becomes an error."""


class Graph:
    """One tenant's Graph. Calls raise Refused, or OSError if there is no response."""

    def __init__(self, token: str, base: str = GRAPH) -> None:
        self._base = base.rstrip("/")
        self._token = token
        self._open = urllib.request.build_opener(_NoRedirects).open

    def get(self, path_or_link: str, query: Mapping[str, str] | None = None, prefer: str = "") -> Json:
        """The JSON object at a path or a link from Graph. A link is used unchanged and must point to Graph's host."""
        return self._send("GET", self._url(path_or_link, query), prefer=prefer)

    def post(self, path: str, document: Json | None = None) -> Json:
        """Graph's response to a POST; {} if it is empty. Sending a draft takes no body."""
        return self._send("POST", self._url(path), None if document is None else json.dumps(document).encode())

    def post_mime(self, path: str, content: bytes) -> Json:
        """POST an e-mail as base64-encoded MIME."""
        return self._send("POST", self._url(path), base64.b64encode(content), kind="text/plain")

    def patch(self, path: str, document: Json) -> Json:
        """Graph's response to a PATCH."""
        return self._send("PATCH", self._url(path), json.dumps(document).encode())

    def delete(self, path: str) -> None:
        """Send DELETE. It is not an error if the object is already gone."""
        try:
            self._send("DELETE", self._url(path))
        except Refused as error:
            if error.status != 404:
                raise

    def is_own(self, link: str) -> bool:
        """Whether a link points to this Graph."""
        return link.startswith(f"{self._base}/")

    def _url(self, path_or_link: str, query: Mapping[str, str] | None = None) -> str:
        if path_or_link.startswith("/"):
            return f"{self._base}{path_or_link}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        if not self.is_own(path_or_link):
            raise Refused(0, "a link to another host")
        return path_or_link

    def _send(
        self, method: str, url: str, body: bytes | None = None, *, kind: str = "application/json", prefer: str = ""
    ) -> Json:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "User-Agent": _PROGRAM,
            "Prefer": ", ".join(filter(None, (IMMUTABLE_IDS, prefer))),
            **({"Content-Type": kind} if body is not None else {}),
        }
        for left in reversed(range(_TRIES)):
            request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310  # Graph, or this machine
            try:
                with self._open(request, timeout=_FETCH_TIMEOUT) as answer:
                    text = answer.read()
                    return json.loads(text) if text else {}
            except urllib.error.HTTPError as error:
                # 429: the request was not carried out. With 503 or 504 it may have been, so only reads are retried.
                if not left or not (error.code == 429 or (method == "GET" and error.code in (502, 503, 504))):
                    raise Refused(error.code, _code(error)) from None
                time.sleep(_wait(error))
        raise AssertionError("unreachable: the last attempt returns or raises")


def _code(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _wait(error: urllib.error.HTTPError) -> float:
    try:
        return min(max(float(error.headers.get("Retry-After", "5")), 0.0), _LONGEST_WAIT)
    except ValueError:
        return 5.0


def user(address: str) -> str:
    """The path of a mailbox."""
    return f"/users/{urllib.parse.quote(address, safe='@')}"


def item(path: str, identity: str) -> str:
    """The path of an object in a list."""
    return f"{path}/{urllib.parse.quote(identity, safe='')}"
