"""HTTP to an Exchange server with limits: a maximum response size, and a deadline set by the caller."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from shared.mailboxes.ews.error_mapping import TooLarge

PIECE = 64 * 1024
"""How many bytes of a response are read at a time. exchangelib does not set a chunk size, and the default in `requests`
is 1.
"""

LARGEST = 16 * 1024 * 1024
"""Maximum size of a decompressed response in bytes. A page of 512 changes takes about 500 KB; an invitation with a long
body takes a few MB.
"""


class Sockets:
    """The sockets of one connection, which another thread can shut down. A read only times out if no bytes arrive at
    all, so a server that sends a byte now and then could keep it waiting indefinitely.
    """

    def __init__(self) -> None:
        self.aborted = False
        self._open: list[HTTPConnection] = []

    def watch(self, connection: HTTPConnection) -> None:
        """Watch a new connection that is about to replace the previous one. Raises OSError after an abort."""
        if self.aborted:
            raise ConnectionAbortedError
        self._open = [connection, *self._open[:1]]  # one to the proxy, one to the server

    def abort(self) -> None:
        """Shut the sockets down. Only the transport is closed, so the reading thread's TLS state is not disturbed."""
        self.aborted = True
        for connection in self._open:
            if transport := getattr(connection.sock, "socket", connection.sock):  # TLS within TLS: a wrapped socket
                with suppress(OSError):
                    socket.socket.shutdown(transport, socket.SHUT_RDWR)


def _pools(sockets: Sockets) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's connection pools, with connections that can be shut down."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            sockets.watch(self)
            super().connect()

    class Encrypted(HTTPSConnection):
        def connect(self) -> None:
            sockets.watch(self)
            super().connect()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


class Adapter(HTTPAdapter):
    """An adapter that enforces the limits on responses, whatever the server does."""

    def __init__(self, sockets: Sockets, *, encrypted: bool) -> None:
        self._pools = _pools(sockets)
        # SSL_CERT_FILE lists authorities in addition to the public ones that `requests` trusts.
        self._trust: dict[str, Any] = {"ssl_context": ssl.create_default_context()} if encrypted else {}
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(*args, **(kwargs | self._trust))
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """See HTTPAdapter."""
        manager = super().proxy_manager_for(proxy, **(kwargs | self._trust))
        manager.pool_classes_by_scheme = self._pools
        return manager

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """See HTTPAdapter.build_response, which offers no choice of response class."""
        response = super().build_response(req, resp)
        response.__class__ = Bounded
        return response


class Bounded(requests.Response):
    """A response that is read within the limits, and only on demand, because NTLM first needs the certificate from the
    open socket.
    """

    def iter_content(self, chunk_size: int | None = 1, *_: Any, **__: Any) -> Iterator[Any]:
        """See Response. Raises TooLarge."""
        size = 0
        for piece in super().iter_content(max(chunk_size or 0, PIECE)):
            size += len(piece)
            if size > LARGEST:
                raise TooLarge
            yield piece
