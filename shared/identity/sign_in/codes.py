"""One-time codes: what the dialog hands to the pane, good for a minute and for one redemption.

Rows of table `meetings`, in a partition of their own:

    sign-in / <attempt's expiry, seconds>-<attempt's digest>    user, subject, integration, challenge, secret, until

The key is the attempt's, so a second callback with the same state finds it taken. A row stays until the attempt has
expired, and keys sort by that time: cleaning up reads what may go and nothing else.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.identity.sign_in.attempt import Attempt, s256
from shared.storage import Delete, Insert, Replace, Row, RowChanged, RowExists, Storage, Value

LIFETIME = timedelta(minutes=1)
PARTITION = "sign-in"
MOST = 5_000
"""Rows that one clean-up removes; the next one goes on."""

_CODE = re.compile(r"([0-9]{10}-[0-9a-f]{32})\.([A-Za-z0-9_-]{43})")
_INVALID = "This sign-in is not valid any more. Please sign in again."


@dataclass(frozen=True)
class Redeemed:
    """Whose code it was: user record (uuid), and the subject under which the record remembers the sign-in."""

    user: str
    subject: str


class Codes:
    """Issues and redeems codes."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._table = storage.table("meetings")
        self._clock = clock

    async def issue(self, attempt: Attempt, owner: Redeemed) -> str:
        """The code of an attempt that has succeeded. Raises NotAuthenticated when it has one already."""
        key, secret = f"{attempt.expires:010}-{attempt.digest}", secrets.token_urlsafe(32)
        values: dict[str, Value] = {
            "user": owner.user,
            "subject": owner.subject,
            "integration": attempt.integration,
            "challenge": attempt.challenge,
            "secret": _digest(secret),
            "until": int((self._clock.now() + LIFETIME).timestamp()),
        }
        try:
            await self._table.commit(PARTITION, Insert(key, values))
        except RowExists as error:
            raise NotAuthenticated(_INVALID) from error
        return f"{key}.{secret}"

    async def redeem(self, integration: str, code: str, verifier: str) -> Redeemed:
        """Whose code this is, once: for its integration (uuid), and the pane that knows the challenge's verifier.

        Raises NotAuthenticated.
        """
        form = _CODE.fullmatch(code)
        row = await self._table.get(PARTITION, form[1]) if form else None
        if form is None or row is None or not self._is_good(row, integration, form[2], verifier):
            raise NotAuthenticated(_INVALID)
        try:
            await self._table.commit(PARTITION, Replace(row, {**row.values, "until": 0}))
        except RowChanged as error:
            raise NotAuthenticated(_INVALID) from error  # somebody else has redeemed it this moment
        return Redeemed(str(row.values["user"]), str(row.values["subject"]))

    async def clean_up(self) -> int:
        """Remove the rows of attempts that have expired; how many they were."""
        now, done = f"{int(self._clock.now().timestamp()):010}", 0
        async for row in self._table.rows(PARTITION):
            if row.key >= now or done >= MOST:
                break
            try:
                await self._table.commit(PARTITION, Delete(row))
            except RowChanged:
                continue  # another process has removed it
            done += 1
        return done

    def _is_good(self, row: Row, integration: str, secret: str, verifier: str) -> bool:
        values = row.values
        return (
            int(values["until"]) > self._clock.now().timestamp()
            and values["integration"] == integration
            and hmac.compare_digest(str(values["secret"]), _digest(secret))
            and hmac.compare_digest(str(values["challenge"]), s256(verifier))
        )


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
