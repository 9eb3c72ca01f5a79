"""Basic authentication for machines and admins. The first check of a credential is expensive and rate-limited; later
checks are cheap.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import secrets
from collections import Counter, deque
from datetime import datetime, timedelta

from shared.clock import Clock, SystemClock
from shared.errors import NotAuthenticated, RateLimited
from shared.metrics import Metric, measure
from shared.password_hash import hash_password, matches
from shared.settings import BasicCredential

__all__ = ["BasicAuthenticator", "hash_password"]

MAX_HEADER = 1024
"""Maximum length of the header in characters. A user name and a password take a few dozen."""

MAX_WAITING = 16
"""Maximum number of headers waiting for, or being checked by, scrypt: about a second's work."""

MAX_WAITING_OF_ONE = 4
"""Maximum number of headers waiting from one address, so that someone guessing passwords does not block others."""

RETRY_AFTER = 2.0
"""Retry-After in seconds for rejected callers. By then, everyone waiting now will have a response."""

REMEMBERED_GOOD = 8
"""How many correct headers are cached. Nodes write the same credential in more than one way, such as `basic` for
`Basic`.
"""

REMEMBERED_WRONG = 256
"""How many wrong headers are cached. A node with an old password keeps trying, and only its first attempt should cost
anything.
"""

REPORT_EVERY = timedelta(minutes=1)
"""How often rejections are logged, so that thousands of guesses do not cause thousands of log lines."""

_PORT = re.compile(r":[0-9]+$")


class BasicAuthenticator:
    """Checks `Authorization: Basic` headers against one credential. Without a credential, every caller is rejected.

    scrypt deliberately takes tens of milliseconds and 16 MiB, so one header is checked at a time. Results are cached as
    keyed digests, so a conferencing node's next request takes microseconds. A few headers may wait per address; any
    more are rejected. `realm` identifies the endpoint in metrics.
    """

    def __init__(self, credential: BasicCredential | None, realm: str = "", clock: Clock | None = None) -> None:
        self._credential = credential
        self._memory_key = secrets.token_bytes(32)
        self._good: deque[bytes] = deque(maxlen=REMEMBERED_GOOD)
        self._wrong: deque[bytes] = deque(maxlen=REMEMBERED_WRONG)
        self._one_at_a_time = asyncio.Lock()
        self._checks: dict[bytes, asyncio.Task[bool]] = {}
        self._waiting: Counter[str] = Counter()
        self._turned_away = _Report(realm, clock or SystemClock())

    async def check(self, header: str | None, forwarded_for: str | None = None) -> None:
        """Raises NotAuthenticated if the header does not contain the credential, RateLimited if too many are already
        waiting.

        `forwarded_for` is the request's X-Forwarded-For, whose last entry is the real sender, set by Azure's front end.
        """
        if self._credential is None or header is None or len(header) > MAX_HEADER:
            raise NotAuthenticated("A user name and a password are required.")
        digest = hmac.digest(self._memory_key, header.encode(errors="replace"), "sha256")
        if _is_among(digest, self._good):
            return
        if _is_among(digest, self._wrong) or not await self._found(header, self._credential, digest, forwarded_for):
            raise NotAuthenticated("The user name or the password is wrong.")

    async def _found(self, header: str, credential: BasicCredential, digest: bytes, forwarded_for: str | None) -> bool:
        """Whether the header is correct. Callers with the same header share one check."""
        if digest not in self._checks:
            address = sender_of(forwarded_for)
            if self._waiting.total() >= MAX_WAITING or self._waiting[address] >= MAX_WAITING_OF_ONE:
                self._turned_away.one()
                raise RateLimited("Too many passwords are being checked. Please try again in a moment.", RETRY_AFTER)
            self._waiting[address] += 1
            self._checks[digest] = asyncio.create_task(self._checked(header, credential, digest, address))
        # A caller that disconnects does not cancel the check for others.
        return await asyncio.shield(self._checks[digest])

    async def _checked(self, header: str, credential: BasicCredential, digest: bytes, address: str) -> bool:
        try:
            async with self._one_at_a_time:
                is_right = await asyncio.to_thread(_is_right, header, credential)
            (self._good if is_right else self._wrong).append(digest)
            return is_right
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]
            del self._checks[digest]


def sender_of(forwarded_for: str | None) -> str:
    """The real sender of a request, which Azure's front end appends to X-Forwarded-For; "" if the header is missing."""
    return _PORT.sub("", (forwarded_for or "").rpartition(",")[2].strip())


class _Report:
    """Counts rejected callers, and logs their number from time to time."""

    def __init__(self, realm: str, clock: Clock) -> None:
        self._realm = realm
        self._clock = clock
        self._count = 0
        self._told: datetime | None = None

    def one(self) -> None:
        self._count += 1
        now = self._clock.now()
        if self._told is None or now - self._told >= REPORT_EVERY:
            measure(Metric.TURNED_AWAY, self._count, outcome=self._realm)
            self._count, self._told = 0, now


def _is_among(digest: bytes, remembered: deque[bytes]) -> bool:
    """Whether the digest is among those cached. Each is compared in constant time."""
    return sum(hmac.compare_digest(digest, each) for each in remembered) > 0


def _is_right(header: str, credential: BasicCredential) -> bool:
    scheme, _, encoded = header.partition(" ")
    try:
        username, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not base64, or not UTF-8
        return False
    named = hmac.compare_digest(username.encode(), credential.username.encode())
    right = matches(password, credential.password_hash)
    return scheme.lower() == "basic" and bool(colon) and named and right
