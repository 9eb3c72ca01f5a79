"""One-time codes, which the dialog passes to the task pane. A code is valid for a minute and for one redemption.

Rows of table `meetings`, in a separate partition:

    sign-in / <attempt's expiry, seconds>-<attempt's digest>    user, subject, sign_in, provider, integration,
                                                                challenge, secret, typed, until

The key identifies the attempt, so a second callback with the same state finds it taken. A row stays until its attempt
has expired. Keys are sorted by expiry, so the cleanup only reads expired rows.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from shared.bookings.rows import SIGN_IN_PARTITION, meetings_table
from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.identity.sign_in.state_cookie import Attempt, s256
from shared.storage import Delete, Insert, Replace, Row, RowChanged, RowExists, Storage, Value

ONE_TIME_CODE_LIFETIME = timedelta(minutes=1)
MAX_OPEN_CODES = 5_000
"""Maximum number of rows removed per cleanup. The next cleanup removes the rest."""

TYPED = 10
"""Length of a code's short form, in characters. These 50 bits are enough, because a code is valid only for a minute and
only with the task pane's verifier.
"""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's alphabet: no letters that look like digits, or like each other."""
_SEEN_AS = str.maketrans("OIL", "011", " -")

_CODE = re.compile(r"([0-9]{10}-[0-9a-f]{32})\.([A-Za-z0-9_-]{43})")
_INVALID = "This sign-in is no longer valid. Please sign in again."


@dataclass(frozen=True)
class Redeemed:
    """The owner of a redeemed code: user record (uuid), and the subject under which the record remembers the sign-in.

    `sign_in` is that sign-in's id, and `provider` is the fingerprint of the provider that authenticated the user.
    """

    user: str
    subject: str
    sign_in: str = ""
    provider: str = ""


class Codes:
    """Issues and redeems codes."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._table = meetings_table(storage)
        self._clock = clock

    async def issue(self, attempt: Attempt, owner: Redeemed) -> str:
        """Issue the code for a successful attempt. Raises NotAuthenticated if the attempt already has one."""
        key, secret = f"{attempt.expires:010}-{attempt.digest}", secrets.token_urlsafe(32)
        values: dict[str, Value] = {
            "user": owner.user,
            "subject": owner.subject,
            "sign_in": owner.sign_in,
            "provider": owner.provider,
            "integration": attempt.integration,
            "challenge": attempt.challenge,
            "secret": _digest(secret),
            "typed": _digest(_plain(by_hand(f"{key}.{secret}"))),
            "until": int((self._clock.now() + ONE_TIME_CODE_LIFETIME).timestamp()),
        }
        try:
            await self._table.commit(SIGN_IN_PARTITION, Insert(key, values))
        except RowExists as error:
            raise NotAuthenticated(_INVALID) from error
        return f"{key}.{secret}"

    async def redeem(self, integration: str, code: str, verifier: str) -> Redeemed:
        """Redeem a code. This works only once, for the code's integration (uuid) and the task pane that has the
        challenge's verifier. `code` may be the short form, as typed by a person. Raises NotAuthenticated.
        """
        if form := _CODE.fullmatch(code):
            row, proof = await self._table.get(SIGN_IN_PARTITION, form[1]), ("secret", _digest(form[2]))
        else:
            proof = "typed", _digest(_plain(code))
            row = await self._row_of(s256(verifier), proof[1])
        if row is None or not self._is_good(row, integration, proof, verifier):
            raise NotAuthenticated(_INVALID)
        try:
            await self._table.commit(SIGN_IN_PARTITION, Replace(row, {**row.values, "until": 0}))
        except RowChanged as error:
            raise NotAuthenticated(_INVALID) from error  # somebody else has just redeemed the code
        return Redeemed(*(str(row.values.get(name, "")) for name in ("user", "subject", "sign_in", "provider")))

    async def clean_up(self) -> int:
        """Remove the rows of expired attempts. Returns their number."""
        now, done = f"{int(self._clock.now().timestamp()):010}", 0
        async for row in self._table.rows(SIGN_IN_PARTITION):
            if row.key >= now or done >= MAX_OPEN_CODES:
                break
            try:
                await self._table.commit(SIGN_IN_PARTITION, Delete(row))
            except RowChanged:
                continue  # another process has removed the row
            done += 1
        return done

    async def _row_of(self, challenge: str, typed: str) -> Row | None:
        """The row with a task pane's challenge and the digest of a short form, among the attempts of the last 15
        minutes.
        """
        now = f"{int(self._clock.now().timestamp()):010}"
        async for row in self._table.rows(SIGN_IN_PARTITION, after=now):
            # A task pane may have several codes: one from the dialog, then one from a browser window.
            if row.values["challenge"] == challenge and hmac.compare_digest(str(row.values.get("typed", "")), typed):
                return row
        return None

    def _is_good(self, row: Row, integration: str, proof: tuple[str, str], verifier: str) -> bool:
        values = row.values
        return (
            int(values["until"]) > self._clock.now().timestamp()
            and values["integration"] == integration
            and hmac.compare_digest(str(values.get(proof[0], "")), proof[1])
            and hmac.compare_digest(str(values["challenge"]), s256(verifier))
        )


def by_hand(code: str) -> str:
    """A code's short form, which can be typed if the dialog cannot reach the task pane: `K7QX2-M9PAT`."""
    number = int.from_bytes(sha256(code.encode()).digest()[:8], "big")
    letters = "".join(_ALPHABET[number >> 5 * place & 31] for place in range(TYPED))
    return f"{letters[: TYPED // 2]}-{letters[TYPED // 2 :]}"


def _plain(typed: str) -> str:
    """A short form as typed, with extra characters removed and letters that look like digits corrected."""
    return typed.upper().translate(_SEEN_AS)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
