"""A user record, as stored: the original API's `end_user` (field_table.py; docs/facts/pexip.md §2)."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.personal.fields import digest

MAX_SIGN_INS = 50
"""Maximum number of sign-ins per record. It ensures that one transaction can contain them all. Older sign-ins are
dropped.
"""

SignIn: TypeAlias = tuple[str, str, str, int]


def _completed(sign_ins: Any) -> Any:
    """Sign-ins as parsed from JSON, with missing values filled in. Older records contain pairs (from before there were
    ids) or triples (from before there were expiry times).
    """
    if not isinstance(sign_ins, list | tuple):
        return sign_ins
    return [(*each, *("", 0)[len(each) - 2 :]) for each in sign_ins if isinstance(each, list | tuple)]


class UserRecord(BaseModel):
    """A stored user. `integration` is the uuid of the integration that the record belongs to; "" for all. Each entry in
    `sign_ins` consists of an integration's uuid, the digest of a `Caller.key`, a sign-in id ("" if the sign-in dates
    from before there were ids), and its expiry in seconds since 1970, or 0 if it does not expire (EndUsers.remember).
    `user_oid` is the user's Entra object id. `exchange_user_id` is the id in tokens from Exchange on-premises
    (`msexchuid`). Both link Outlook's own token to a record. The limits are those of the table, and apply when a value
    is written.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: int
    uuid: str
    primary_email_address: str
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    description: str = ""
    title: str = ""
    department: str = ""
    telephone_number: str = ""
    mobile_number: str = ""
    avatar_url: str = ""
    user_groups: Annotated[tuple[str, ...], Field(strict=False)] = ()
    user_oid: str = ""
    exchange_user_id: str = ""
    ms_exchange_guid: str = ""
    sync_tag: str = ""
    integration: str = ""
    sign_ins: Annotated[tuple[SignIn, ...], Field(strict=False), BeforeValidator(_completed)] = ()

    @property
    def email(self) -> str:
        """The address by which VMRs refer to their owner."""
        return self.primary_email_address

    def sign_in(self, integration: str, key: str) -> str:
        """See EndUser.sign_in."""
        found = self.remembered(integration, digest(key))
        return found[2] if found else ""

    def remembered(self, integration: str, key_digest: str) -> SignIn | None:
        """The sign-in with the given key, even if it has expired."""
        return next((each for each in self.sign_ins if each[:2] == (integration, key_digest)), None)
