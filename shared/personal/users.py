"""User records and their remembered sign-ins (P2): partition `users` of table `personal`.

    user:<uuid>                                     user: the record as JSON
    id:<id>, uuid:<uuid>, email:<integration>:<digest>, entra:<integration>:<digest>, exchange:<integration>:<digest>,
    sign-in:<integration>:<digest of the caller's key>      claims, see indexed.py

Sign-ins are part of the record, so they are deleted with it. Addresses and ids are unique within an integration, and
among the records that belong to all integrations. An integration's own record takes precedence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from shared.clock import Clock, SystemClock
from shared.errors import Conflict, NotAllowed, NotFound, SettingsInvalid
from shared.identity.caller import Caller
from shared.integrations import Integration
from shared.mail_addresses import folded_address, same_address
from shared.personal.end_user import MAX_SIGN_INS, SignIn, UserRecord
from shared.personal.field_table import END_USER_FIELDS
from shared.personal.fields import digest, normal, validated
from shared.personal.indexed import Entry, IndexedTable, Kind, unchecked
from shared.storage import Row, Tables

_STRANGER = "You have no user record here. Please ask your administrator for one."
_SOMEBODY_ELSE = (
    "The user record for your e-mail address belongs to another account. Please ask your administrator to correct it."
)
_UNUSABLE = "Your e-mail address cannot be used here. Please ask your administrator for a user record."
_AT_ONCE = 1
"""The expiry used for a token that contains no times. It is in the past."""

_CLAIM_ATTEMPTS = 8
"""How many times a sign-in is attempted when the same user concurrently signs in for the first time."""


class UserStore:
    """User records, for admins and (as EndUsers) for sign-in. Every call may raise Unavailable; writes may also raise
    Conflict.
    """

    def __init__(self, storage: Tables, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._users = IndexedTable(storage, Kind("users", "end_user", _entry, _user))

    # --- EndUsers, see shared/identity/end_users.py

    async def signed_in(self, integration: Integration, subject: str, email: str, name: str) -> UserRecord:
        """See EndUsers.signed_in. Never returns a record whose `user_oid` belongs to another account."""
        try:
            email = folded_address(email)
        except ValueError as error:
            raise NotAllowed(_UNUSABLE) from error
        for _ in range(_CLAIM_ATTEMPTS):
            try:
                user = await self._same(integration, subject, email) or await self._by_email(integration, email)
                if user is None:
                    return await self._welcome(integration, subject, email, name)
                return await self._remembering(user, integration, subject)
            except (SettingsInvalid, NotFound):
                continue  # the same user is signing in twice, or an admin has just removed the record
        raise Conflict("Your user record is being changed right now. Please sign in again.")

    async def remember(self, integration: Integration, user: str, outlook: Caller) -> bool:
        """See EndUsers.remember. A key may also identify another user, if an admin has set the key's id on that user's
        record.
        """
        key = outlook.key
        other, record = await self.tied(integration, key), await self._users.find(f"uuid:{user}")
        if record is None or not _may_be(record, key) or (other is not None and other.uuid != user):
            return False
        try:
            await self._forget_ended(integration, user, key)
            await self._users.change(f"uuid:{user}", lambda now: _with_outlook(now, integration, outlook))
        except (SettingsInvalid, NotFound):
            return False  # another user has just claimed the key, or an admin has just removed the record
        return True

    async def _forget_ended(self, integration: Integration, user: str, key: str) -> None:
        """Remove a key from the record of another user, who is no longer identified by it."""
        holder = await self._users.find(_sign_in(integration.uuid, digest(key)))
        if holder and holder.uuid != user:
            place = integration.uuid, digest(key)
            await self._users.change(f"uuid:{holder.uuid}", lambda now: _without(now, lambda each: each[:2] == place))

    async def known(self, integration: Integration, key: str) -> UserRecord | None:
        """See EndUsers.known."""
        user = await self._users.find(_sign_in(integration.uuid, digest(key)))
        sign_in = user.remembered(integration.uuid, digest(key)) if user else None
        return user if sign_in and (not sign_in[3] or self._clock.now().timestamp() < sign_in[3]) else None

    async def sign_out(self, integration: Integration, user: str) -> None:
        """See EndUsers.sign_out."""
        await self.forget_all(user, integration.uuid)

    async def tied(self, integration: Integration, key: str) -> UserRecord | None:
        """The user identified by a `Caller.key`, through a sign-in or through an id that an admin has set on a record.
        That id is `user_oid` for `entra:<tenant>:<object id>`, and `exchange_user_id` for `exchange:<msexchuid>:<url>`.
        """
        user = await self.known(integration, key)
        method, id_ = _id_in(key)
        return user or (await self._own_or_common(integration, method, id_) if id_ else None)

    # --- admins

    async def all(self) -> list[UserRecord]:
        """Every record, in ascending order of id."""
        return sorted([user async for user in self._users.records("user:")], key=lambda user: user.id)

    async def get(self, id_: int) -> UserRecord:
        """The record with the given id; two round trips to storage. Raises NotFound."""
        return await self._users.get(f"id:{id_}")

    async def numbers(self, count: int) -> range:
        """Ids for new records; two round trips to storage for any number of ids."""
        return await self._users.numbers(count)

    async def create(self, user: UserRecord) -> None:
        """Write a new record; one round trip to storage. Raises SettingsInvalid if another record has the same address
        or id.
        """
        await self._users.create(user)

    async def change(self, id_: int, change: Callable[[UserRecord], UserRecord]) -> UserRecord:
        """Change a record, despite concurrent changes. Raises NotFound, and any errors from `change` and `create`."""
        return await self._users.change(f"id:{id_}", change)

    async def delete(self, id_: int, check: Callable[[UserRecord], None] = unchecked) -> None:
        """Remove a record, which signs the user out everywhere. Raises NotFound, and whatever `check` raises for it."""
        await self._users.delete(f"id:{id_}", check=check)

    async def forget_all(self, user: str, integration: str) -> None:
        """Forget all of a user's sign-ins with an integration, both given by uuid. Does nothing if there are none."""
        try:
            await self._users.change(f"uuid:{user}", lambda now: _without(now, lambda each: each[0] == integration))
        except NotFound:
            return  # the record is gone, along with its sign-ins

    # ---

    async def _same(self, integration: Integration, subject: str, email: str) -> UserRecord | None:
        """The record with which an account has signed in before, updated to the account's current address. By now, the
        account's previous address may belong to another person. A record that belongs to all integrations is left
        unchanged: no sign-in service may turn somebody into another user for other integrations. A record that an admin
        has linked to this account is also left unchanged.
        """
        user = await self.known(integration, subject)
        if user is None or same_address(user.email, email) or _is_tied(user, subject):
            return user
        has_another = await self._users.find(f"email:{integration.uuid}:{digest(email)}")
        if user.integration != integration.uuid or has_another:
            # This includes sign-ins with Outlook's tokens, which belong to the same person.
            await self.forget_all(user.uuid, integration.uuid)
            return None
        return await self._users.change(f"uuid:{user.uuid}", lambda now: _renamed(now, email))

    async def _by_email(self, integration: Integration, email: str) -> UserRecord | None:
        return await self._own_or_common(integration, "email", email)

    async def _own_or_common(self, integration: Integration, claim: str, text: str) -> UserRecord | None:
        """The integration's own record if there is one, otherwise a record that belongs to all integrations."""
        own = await self._users.find(f"{claim}:{integration.uuid}:{digest(text)}")
        return own or await self._users.find(f"{claim}::{digest(text)}")

    async def _welcome(self, integration: Integration, subject: str, email: str, name: str) -> UserRecord:
        if not integration.allow_new_users:
            raise NotAllowed(_STRANGER)
        user = _newcomer(integration, subject, email, name)
        [id_] = await self.numbers(1)
        numbered = user.model_copy(update={"id": id_})
        await self.create(numbered)
        return numbered

    async def _remembering(self, user: UserRecord, integration: Integration, subject: str) -> UserRecord:
        def remember(now: UserRecord) -> UserRecord:
            if not _may_be(now, subject):
                raise NotAllowed(_SOMEBODY_ELSE)
            return _with(now, integration, subject)

        return await self._users.change(f"uuid:{user.uuid}", remember)


def _newcomer(integration: Integration, subject: str, email: str, name: str) -> UserRecord:
    """A new record without an id. Raises NotAllowed for an address that no record may have."""
    values: dict[str, Any] = {
        "id": 0,
        "uuid": str(uuid4()),
        "primary_email_address": email,
        "display_name": "".join(each for each in name if each.isprintable())[:250],
        "integration": integration.uuid,
        "sign_ins": [(integration.uuid, digest(subject), str(uuid4()), 0)],
    }
    return _usable(values)


def _renamed(user: UserRecord, email: str) -> UserRecord:
    """A copy of the record with another address. Raises NotAllowed if no record may have that address."""
    return _usable(user.model_dump() | {"primary_email_address": email})


def _usable(values: Mapping[str, Any]) -> UserRecord:
    try:
        END_USER_FIELDS.taken({"primary_email_address": values["primary_email_address"]}, new=False)
        return validated(UserRecord, values)
    except SettingsInvalid as refused:
        raise NotAllowed(_UNUSABLE) from refused


def _with(user: UserRecord, integration: Integration, key: str, ends: int = 0) -> UserRecord:
    """The record with one more sign-in at the end."""
    place = integration.uuid, digest(key)
    before = user.remembered(*place)
    if before and before[3] == ends:
        return user
    others = [each for each in user.sign_ins if each != before]
    kept = (*others, (*place, before[2] if before else str(uuid4()), ends))
    return user.model_copy(update={"sign_ins": kept[-MAX_SIGN_INS:]})


def _with_outlook(user: UserRecord, integration: Integration, outlook: Caller) -> UserRecord:
    """The record with an added sign-in through Outlook's token. It is permanent if the token was issued after the first
    token expired.
    """
    before = user.remembered(integration.uuid, digest(outlook.key))
    ends = before[3] if before else max(outlook.expires, _AT_ONCE)
    is_for_good = _is_tied(user, outlook.key) or (before is not None and outlook.issued >= before[3])
    return _with(user, integration, outlook.key, 0 if is_for_good else ends)


def _without(user: UserRecord, goes: Callable[[SignIn], bool]) -> UserRecord:
    return user.model_copy(update={"sign_ins": tuple(each for each in user.sign_ins if not goes(each))})


def _may_be(user: UserRecord, subject: str) -> bool:
    """Whether an account may belong to this user. An account whose id differs from the record's belongs to another
    person.
    """
    return not _id_on(user, subject) or _is_tied(user, subject)


def _is_tied(user: UserRecord, subject: str) -> bool:
    """Whether an admin has linked this account to the record."""
    id_ = _id_on(user, subject)
    return bool(id_) and normal(id_) == normal(_id_in(subject)[1])


def _id_on(user: UserRecord, key: str) -> str:
    """The id that an admin has set on the record for keys of this kind; "" if there is none."""
    return {"entra": user.user_oid, "exchange": user.exchange_user_id}.get(_id_in(key)[0], "")


def _id_in(key: str) -> tuple[str, str]:
    """The method in a `Caller.key`, and the id in it that an admin may set on a record; "" if it has none."""
    method, _, rest = key.partition(":")
    return method, {"entra": rest.rpartition(":")[2], "exchange": rest.partition(":")[0]}.get(method, "")


def _sign_in(integration: str, key_digest: str) -> str:
    return f"sign-in:{integration}:{key_digest}"


def _user(row: Row) -> UserRecord:
    return UserRecord.model_validate_json(str(row.values["user"]))


def _entry(user: UserRecord) -> Entry:
    named = {
        "email": ("primary_email_address", user.primary_email_address),
        "entra": ("user_oid", user.user_oid),
        "exchange": ("exchange_user_id", user.exchange_user_id),
    }
    claims = {f"id:{user.id}": "id", f"uuid:{user.uuid}": "uuid"}
    claims |= {f"{kind}:{user.integration}:{digest(text)}": field for kind, (field, text) in named.items() if text}
    claims |= {_sign_in(of, key_digest): "sign_ins" for of, key_digest, *_ in user.sign_ins}
    return Entry(f"user:{user.uuid}", {"user": user.model_dump_json()}, claims)
