"""Determines what applying a file would change, by comparing each of its integrations with the deployment.

    Entry ──proposed()──► fields that could be saved ──┐
                                                       ├──► Change ──check()──► apply()
    deployment ──find()──► Saved, with its ETag ───────┘

Fields that a file does not contain are left alone. Secrets cannot be read back, so the file's values are set every time
and do not count as a difference. Line endings do not count either; texts are sent with CR LF, like the API's defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.cli.checking import comparable, every, proposed, refuse_doubles
from shared.cli.faults import FileRefused
from shared.cli.management import ManagementClient, Object, Saved
from shared.cli.reading import Entry
from shared.errors import SettingsInvalid
from shared.integrations import validate
from shared.integrations.integration import MANIFEST_FIELDS, SIGN_IN_FIELDS
from shared.integrations.store import MAILBOX_TAKEN


@dataclass(frozen=True)
class Change:
    """The effect of applying one integration from a file. `before` is None if the integration does not exist yet.

    values: the fields that would change, as sent. secrets: the secrets that would be set.
    """

    entry: Entry
    before: Saved | None
    values: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def action(self) -> str:
        """`create`, `update` or `none`."""
        if self.before is None:
            return "create"
        return "update" if self.values else "none"

    @property
    def name(self) -> str:
        """The integration's current or future name."""
        if self.before is None and (variable := self.entry.variables.get("name")):
            return f"!env {variable}"
        return str(self.before.fields["name"] if self.before else self.values.get("name", ""))

    @property
    def uuid(self) -> str:
        """The integration's UUID; empty if the deployment will choose it."""
        return str(self.before.fields["uuid"] if self.before else self.values.get("uuid", ""))

    @property
    def reinstalls_manifest(self) -> bool:
        """Whether the add-in's manifest must be installed again afterwards (I6)."""
        return self.before is not None and not MANIFEST_FIELDS.isdisjoint(self.values)

    @property
    def ends_sign_in(self) -> bool:
        """Whether the service account must sign in again afterwards (E3)."""
        signed_in = self.before is not None and self.before.fields.get("authentication_method") == "OAUTH"
        return signed_in and not SIGN_IN_FIELDS.isdisjoint(self.values)

    def now(self, name: str) -> Any:
        """A field's current value; None for an integration that does not exist yet."""
        return comparable(name, self.before.fields.get(name)) if self.before else None

    def wanted(self, name: str) -> Any:
        """A field's value after the change, in the same form."""
        return comparable(name, self.values[name])

    def check(self, management: ManagementClient, *, local: bool) -> None:
        """Raise FileRefused with everything that the deployment would reject. Nothing is changed."""
        sent = {**self.values, **self.secrets}
        try:
            if self.before is None:
                validate(sent, local=local)
                self._refuse_taken(management)
            elif sent:
                management.check(self.before, sent)
        except SettingsInvalid as refused:
            raise FileRefused(self.entry.faults(refused.faults)) from refused

    def _refuse_taken(self, management: ManagementClient) -> None:
        """Raise SettingsInvalid if another integration has the same mailbox (I1)."""
        mailbox = self.values.get("room_mailbox_email_address")
        if mailbox and management.integrations(room_mailbox_email_address__iexact=str(mailbox)):
            raise SettingsInvalid({"room_mailbox_email_address": [MAILBOX_TAKEN]})

    def apply(self, management: ManagementClient) -> Object | None:
        """Save the change. Returns the updated integration, or None if there was nothing to do. Raises FileRefused."""
        sent = {**self.values, **self.secrets}
        try:
            if self.before is None:
                return management.create(sent)
            return management.change(self.before, sent) if sent else None
        except SettingsInvalid as refused:
            raise FileRefused(self.entry.faults(refused.faults)) from refused


def plan(entries: Sequence[Entry], management: ManagementClient, *, local: bool) -> list[Change]:
    """What applying the integrations would change, checked as far as possible without saving. Raises FileRefused.

    `local`: the deployment is a local stack.
    """
    wanted = every(entries, proposed)
    refuse_doubles(entries)
    found = every(zip(entries, wanted, strict=True), lambda pair: _change(pair[0], *pair[1], management))
    _refuse_same(found)
    every(found, lambda change: change.check(management, local=local))
    return found


def _change(entry: Entry, values: dict[str, Any], secrets: dict[str, str], management: ManagementClient) -> Change:
    before = _find(entry, values, management)
    if before is not None:
        now = before.fields
        values = {
            name: value for name, value in values.items() if comparable(name, value) != comparable(name, now.get(name))
        }
    return Change(entry, before, values, secrets)


def _find(entry: Entry, values: Mapping[str, Any], management: ManagementClient) -> Saved | None:
    """The integration to change: by UUID if the file has one, otherwise by name. Raises FileRefused."""
    key = "uuid" if values.get("uuid") else "name"
    wanted = values.get(key)
    if not wanted:
        raise FileRefused([entry.fault("name", "The integration is not identified. Add its uuid or its name.")])
    found = management.integrations(**{key: wanted})
    if len(found) > 1:
        uuids = ", ".join(str(each["uuid"]) for each in found)
        raise FileRefused([entry.fault(key, f"{len(found)} integrations have this name. Add a uuid: {uuids}.")])
    return management.read(found[0]["id"]) if found else None


def _refuse_same(changes: Sequence[Change]) -> None:
    """Raise FileRefused if two entries refer to the same integration, for example one by name and the other by UUID."""
    seen: dict[str, Entry] = {}
    for change in changes:
        other = seen.setdefault(change.uuid or f"name {change.name}", change.entry)
        if other is not change.entry:
            raise FileRefused([change.entry.fault("", f"is the same integration as {other.file}:{other.line}.")])
