"""`end_user`: who may use personal VMRs (P2). Deleting a record signs the user out."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from shared.errors import SettingsInvalid
from shared.integrations import IntegrationStore
from shared.integrations.syntax import is_guid
from shared.management.directory import Directory, Owners, schemas, sent
from shared.management.resource import CONFIGURATION, Object, Schema, uri
from shared.personal.end_user import UserRecord
from shared.personal.fields import validated
from shared.personal.users import UserStore

END_USER = "end_user"

_LINES = (
    "first_name", "last_name", "display_name", "title", "department", "telephone_number", "mobile_number",
    "avatar_url", "sync_tag",
)  # fmt: skip
_IDS = ("user_oid", "exchange_user_id", "ms_exchange_guid")
END_USER_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "uuid": {"type": "string", "readOnly": True},
        **schemas(UserRecord, "primary_email_address", *_LINES),
        **{name: {**schema, "type": ["string", "null"]} for name, schema in schemas(UserRecord, *_IDS).items()},
        "exchange_connector": {"type": ["string", "null"], "format": "uri-reference"},
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
    "required": ["primary_email_address"],
}


class UserForm:
    """A Form of user records. `user_oid` is a GUID; null and "" are the same."""

    def show(self, record: UserRecord, owners: Owners) -> Object:
        """See Form.show. Sign-ins are nobody's business."""
        shown: dict[str, Any] = record.model_dump(exclude={"integration", "sign_ins"})
        return {
            **shown,
            **{name: shown[name] or None for name in _IDS},
            "exchange_connector": owners.uri(record.integration),
            "resource_uri": uri(CONFIGURATION, END_USER, record.id),
        }

    def understand(self, fields: Object, before: UserRecord | None, id_: int, owners: Owners) -> UserRecord:
        """See Form.understand. Another address or integration signs the user out: it may be another person."""
        values = sent(fields, END_USER_SCHEMA)
        values |= {name: values[name] or "" for name in _IDS if name in values}
        if "exchange_connector" in values:
            values["integration"] = owners.uuid(values.pop("exchange_connector"))
        start = before.model_dump() if before else {"id": id_, "uuid": str(uuid4())}
        user = validated(UserRecord, start | values)
        if user.user_oid and not is_guid(user.user_oid):
            raise SettingsInvalid({"user_oid": ["Must be a GUID: the user's object id in Entra."]})
        same = before is None or (user.email, user.integration) == (before.email, before.integration)
        return user if same else user.model_copy(update={"sign_ins": ()})


def end_users(store: UserStore, integrations: IntegrationStore) -> Directory[UserRecord]:
    """The resource."""
    about = "Users of the add-in: their address names the owner of personal VMRs."
    return Directory(END_USER, about, END_USER_SCHEMA, store, UserForm(), integrations, dict.fromkeys(_IDS))
