"""`end_user`: who may use personal VMRs (P2). Deleting a record signs the user out."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import uuid4

from shared.api_paths import CONFIGURATION, uri
from shared.integrations import IntegrationStore
from shared.management.directory import Directory, properties
from shared.management.relations import Relations
from shared.management.resource import Object, Schema
from shared.personal.end_user import UserRecord
from shared.personal.field_table import END_USER_FIELDS
from shared.personal.fields import validated
from shared.personal.users import UserStore

END_USER = "end_user"

_OWN = "exchange_connector"
END_USER_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        **properties(END_USER_FIELDS),
        _OWN: {"type": ["string", "null"], "format": "uri-reference"},
    },
    "required": END_USER_FIELDS.required,
}
_NULLABLE = frozenset(name for name, each in END_USER_FIELDS.fields.items() if each.is_nullable)


class UserForm:
    """A Form for user records. `user_oid` is a GUID; null and "" mean the same."""

    def show(self, record: UserRecord, relations: Relations) -> Object:
        """See Form.show. Sign-ins are not shown."""
        shown: dict[str, Any] = record.model_dump(exclude={"integration", "sign_ins"})
        return {
            **shown,
            **{name: shown[name] or None for name in _NULLABLE},
            "user_groups": list(record.user_groups),
            _OWN: relations.uri(record.integration),
            "resource_uri": uri(CONFIGURATION, END_USER, record.id),
        }

    def version(self, record: UserRecord) -> str:
        """See Form.version. This is a digest of the fields that admins see, so a sign-in does not change it."""
        seen = record.model_dump_json(exclude={"sign_ins"})
        return sha256(seen.encode()).hexdigest()[:16]

    def understand(self, fields: Object, before: UserRecord | None, id_: int, relations: Relations) -> UserRecord:
        """See Form.understand. Changing the address or the integration signs the user out, because the record may now
        belong to somebody else.
        """
        known = {name: value for name, value in fields.items() if name != _OWN}
        values = END_USER_FIELDS.taken(known, new=before is None)
        values |= {name: values[name] or "" for name in _NULLABLE if name in values}
        if _OWN in fields:
            values["integration"] = relations.uuid(fields[_OWN])
        start = before.model_dump() if before else {"id": id_, "uuid": str(uuid4())}
        user = validated(UserRecord, start | values)
        same = before is None or (user.email, user.integration) == (before.email, before.integration)
        return user if same else user.model_copy(update={"sign_ins": ()})


def end_users(store: UserStore, integrations: IntegrationStore) -> Directory[UserRecord]:
    """The resource `end_user`."""
    about = "Users of the add-in. A personal VMR belongs to the user whose address is set as its owner."
    emptied = END_USER_FIELDS.emptied_by_put
    return Directory(END_USER, about, END_USER_SCHEMA, store, UserForm(), integrations, emptied)
