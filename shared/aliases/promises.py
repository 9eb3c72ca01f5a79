"""Promises: `TOK:-<signed>#` stands for an alias that is not yet allocated (A6, M8).

The pane gets one with its configuration. If it cannot reach us when the user clicks, it puts the placeholder text and
the promise into the meeting. The alias is then allocated when the equipment mailbox gets the invitation.

A promise is 55 bytes in base32, the one common encoding that survives clients that change letters to upper or lower
case:

    expiry, minutes since 1970   4 bytes
    nonce                        8 bytes   makes each promise unique to one meeting
    user                        12 bytes   keyed digest of the caller's key (the key itself never appears in an e-mail)
    people                      15 bytes   marks of the people for whose meetings it is valid (people.py), or zeros
    signature                   16 bytes   HMAC-SHA-256 over the integration's uuid and all of the above

**Replay.** A promise may be redeemed any number of times until it expires, because notifications may be duplicated. It
always yields the same `Promise.id`, and allocating with that id as the idempotency key always returns the same alias. A
copy in another meeting therefore gets an alias that belongs to the first meeting, as with a copied tag (A4).

Versions before 0.2 made promises of 40 bytes, without `people`. These remain valid until they expire.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from shared.aliases.people import MARK_BYTES, MAX_PEOPLE, People
from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.identity.caller import Caller

PROMISE = re.compile(r"TOK:-([A-Z2-7]{88}|[A-Z2-7]{64})", re.IGNORECASE | re.ASCII)
"""A promise: 55 bytes in base32, or 40 in an older version. The closing `#` is not required: see TAG in tags.py."""

PROMISE_LIFETIME = timedelta(days=7)
"""Maximum time from opening the task pane to the invitation's arrival: enough for a draft that waits over a weekend,
but not for one that waits for months.
"""

_EXPIRY, _NONCE, _USER, _SIGNATURE = 4, 8, 12, 16
_NAMED = _EXPIRY + _NONCE + _USER
_PEOPLE = MAX_PEOPLE * MARK_BYTES
_OLD_LENGTH = (_NAMED + _SIGNATURE) * 8 // 5
_INVALID = "This promise of a VMR is not valid, or it has expired."


@dataclass(frozen=True)
class Promise:
    """A valid promise.

    `id` is the idempotency key for the allocation; `caller` is the user to whom the alias was promised. `people` are
    marks of the people for whose meetings it is valid; if there are none, it is valid for any meeting.
    """

    id: str
    caller: Caller
    people: tuple[bytes, ...] = ()


class Promises:
    """Makes and verifies promises with the deployment's signing key."""

    def __init__(self, signing_key: bytes, clock: Clock) -> None:
        # The key is derived for this purpose alone, so nothing signed for another purpose can pass for a promise.
        self._key = hmac.digest(signing_key, b"promises", "sha256")
        self._people = People(signing_key)
        self._clock = clock

    def make(self, integration: str, caller: Caller) -> str:
        """A new promise from an integration (given by its uuid) to a caller, as it appears in a meeting's body."""
        minutes = int((self._clock.now() + PROMISE_LIFETIME).timestamp()) // 60
        user = self._digest("user", integration, caller.key.encode())[:_USER]
        people = b"".join(self._people.marks(integration, caller.mailboxes[:MAX_PEOPLE])).ljust(_PEOPLE, b"\0")
        signed = minutes.to_bytes(_EXPIRY) + secrets.token_bytes(_NONCE) + user + people
        return f"TOK:-{base64.b32encode(signed + self._signature(integration, signed)).decode()}#"

    def verify(self, integration: str, promise: str) -> Promise:
        """The content of one of this integration's promises; `promise` is as `find_promises` (body_search.py) returns
        it.

        Raises NotAuthenticated if it is forged, damaged or expired, or belongs to another integration.
        """
        found = PROMISE.fullmatch(promise.removesuffix("#"))
        if found is None:
            raise NotAuthenticated(_INVALID)
        # An old promise that has lost its # may seem to continue with the text after it.
        for text in dict.fromkeys((found[1], found[1][:_OLD_LENGTH])):
            raw = base64.b32decode(text.upper())
            signed, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
            if hmac.compare_digest(signature, self._signature(integration, signed)):
                return self._unexpired(signed)
        raise NotAuthenticated(_INVALID)

    def are_for(self, integration: str, people: Iterable[bytes], addresses: Iterable[str]) -> bool:
        """Whether the marks include one of these people: the meeting's organizer or sender. See People.fit."""
        return self._people.fit(integration, people, addresses)

    def _unexpired(self, signed: bytes) -> Promise:
        if int.from_bytes(signed[:_EXPIRY]) * 60 <= self._clock.now().timestamp():
            raise NotAuthenticated(_INVALID)
        user, people = signed[_EXPIRY + _NONCE : _NAMED], signed[_NAMED:]
        marks = (people[start : start + MARK_BYTES] for start in range(0, len(people), MARK_BYTES))
        caller = Caller(key=f"promised:{user.hex()}", method="promise")
        return Promise(signed[:_NAMED].hex(), caller, tuple(mark for mark in marks if any(mark)))

    def _signature(self, integration: str, signed: bytes) -> bytes:
        return self._digest("promise", integration, signed)[:_SIGNATURE]

    def _digest(self, purpose: str, integration: str, content: bytes) -> bytes:
        return hmac.digest(self._key, f"{purpose}\n{integration.lower()}\n".encode() + content, "sha256")
