"""How integrations lie in their table: one partition, so that what belongs together is written together.

    key                     columns
    settings-<uuid>         one per setting; domains as JSON; `changes`: setting → revision that last changed it
    icon-<uuid>             part0, part1, …: the PNG in base64
    id-<number>             uuid
    mailbox-<SHA-256>       uuid of the integration that owns this equipment mailbox
    sequence                the last integration id and exchange_domain id given out

A null is kept as "" (for a nullable setting they mean the same). Columns that are missing take the default and columns
that are not known are passed over, so rows of an earlier or later version can be read.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter

from shared.integrations.integration import Integration
from shared.integrations.sections.exchange import Exchange
from shared.integrations.sections.general import General
from shared.integrations.sections.metadata import ExchangeDomain
from shared.integrations.setting import is_nullable
from shared.storage import Insert, Operation, Replace, Row, Values

PARTITION = "integrations"
SEQUENCE_KEY = "sequence"
SETTINGS_PREFIX = "settings-"

OUTLINE = (
    "id",
    "uuid",
    "revision",
    "conference_platform",
    "disable_proxy",
    *General.model_fields,
    *Exchange.model_fields,
)
"""What rounds and lists must know of an integration: who it is, and how its mailbox is reached; no texts, no icon."""

_PART = 32_000  # a text column holds 32,768 characters
_DOMAINS = TypeAdapter(tuple[ExchangeDomain, ...])


@dataclass(frozen=True)
class Stored:
    """An integration as it was read: with its row, and the revision that last changed each setting."""

    integration: Integration
    changes: Mapping[str, int]
    row: Row

    def changed_since(self, revision: int) -> list[str]:
        """Names of the settings that changed after a revision."""
        return sorted(name for name, at in self.changes.items() if at > revision)


@dataclass(frozen=True)
class Sequence:
    """The last ids given out, and the row that holds them (None before the first)."""

    integration: int
    domain: int
    row: Row | None

    def write(self, integration: int, domain: int) -> Operation:
        """Records newly given ids, on condition that nobody else has taken any."""
        values: Values = {"integration": integration, "domain": domain}
        return Replace(self.row, values) if self.row else Insert(SEQUENCE_KEY, values)


def settings_key(uuid: str) -> str:
    """Key of an integration's settings."""
    return SETTINGS_PREFIX + uuid


def icon_key(uuid: str) -> str:
    """Key of an integration's icon."""
    return f"icon-{uuid}"


def id_key(id_: int) -> str:
    """Key under which an id leads to a UUID."""
    return f"id-{id_}"


def mailbox_key(mailbox: str) -> str:
    """Key of the claim on an equipment mailbox; a hash, because a key must not hold every character of an address."""
    return f"mailbox-{sha256(mailbox.encode()).hexdigest()}"


def sequence_of(row: Row | None) -> Sequence:
    """The sequence from its row."""
    if row is None:
        return Sequence(0, 0, None)
    return Sequence(int(row.values["integration"]), int(row.values["domain"]), row)


def settings_values(integration: Integration, changes: Mapping[str, int]) -> Values:
    """The columns of a settings row."""
    columns = {name: "" if value is None else value for name, value in integration if name != "domains"}
    domains = _DOMAINS.dump_json(integration.domains).decode()
    return {**columns, "domains": domains, "changes": json.dumps(dict(changes), separators=(",", ":"))}


def stored(row: Row) -> Stored:
    """An integration from its settings row. Not validated: it was when it was saved."""
    values: dict[str, Any] = {
        name: None if row.values[name] == "" and is_nullable(field) else row.values[name]
        for name, field in Integration.model_fields.items()
        if name in row.values
    }
    values["domains"] = _DOMAINS.validate_json(str(row.values.get("domains", "[]")))
    changes: dict[str, int] = json.loads(str(row.values.get("changes", "{}")))
    return Stored(Integration.model_construct(**values), changes, row)


def icon_values(png: bytes) -> Values:
    """The columns of an icon row."""
    text = b64encode(png).decode()
    return {f"part{n}": text[start : start + _PART] for n, start in enumerate(range(0, len(text), _PART))}


def icon_of(row: Row) -> bytes:
    """The PNG from its row."""
    return b64decode("".join(str(row.values[f"part{n}"]) for n in range(len(row.values))))
