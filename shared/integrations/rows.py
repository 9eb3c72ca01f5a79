"""The rows of integrations in their table, all in one partition, so that related rows are written together.

    key                     columns
    settings-<uuid>         one per setting; domains as JSON; `changes`: setting → revision that last changed it
    icon-<uuid>             part0, part1, …: the PNG in base64
    id-<number>             uuid
    mailbox-<SHA-256>       uuid of the integration that owns this equipment mailbox
    sequence                the last integration id and exchange_domain id assigned; `gaps0`, …: the ids of deleted
                            integrations, as ranges, so that a page is found without reading the others

A null is stored as "", because a nullable setting treats both alike. Missing columns get the default and unknown
columns are ignored, so rows written by an earlier or later version can be read.
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
from shared.integrations.setting import is_nullable
from shared.integrations.settings.exchange import Exchange
from shared.integrations.settings.general import General
from shared.integrations.settings.metadata import ExchangeDomain
from shared.storage import Insert, Replace, Row, Values, Write

PARTITION = "integrations"
SEQUENCE_KEY = "sequence"
SETTINGS_PREFIX = "settings-"
ID_PREFIX = "id-"

OUTLINE = (
    "id",
    "uuid",
    "revision",
    "conference_platform",
    "disable_proxy",
    *General.model_fields,
    *Exchange.model_fields,
)
"""The columns that rounds and lists need: an integration's identity and how its mailbox is accessed, but no texts or
icon.
"""

_GAPS = "gaps"
_GAPS_IN_COLUMN = 1000
"""Maximum number of id ranges per column. Each takes at most 24 characters, so they easily fit into a string column."""

_PART = 32_000  # a string column has at most 32,768 characters
_DOMAINS = TypeAdapter(tuple[ExchangeDomain, ...])


@dataclass(frozen=True)
class Stored:
    """An integration as read, with its row and the revision that last changed each setting."""

    integration: Integration
    changes: Mapping[str, int]
    row: Row

    def changed_since(self, revision: int) -> list[str]:
        """The names of the settings that changed after a revision."""
        return sorted(name for name, at in self.changes.items() if at > revision)


@dataclass(frozen=True)
class Sequence:
    """The last assigned ids, and the row that contains them (None before the first assignment)."""

    integration: int
    domain: int
    row: Row | None

    def write(self, integration: int, domain: int) -> Write:
        """The write that records newly assigned ids, provided that no other process has assigned any."""
        values: Values = {"integration": integration, "domain": domain}
        return (
            Replace(self.row, {**self.row.values, **values})
            if self.row
            else Insert(SEQUENCE_KEY, {**values, **_gap_columns(frozenset())})
        )

    @property
    def gaps(self) -> frozenset[int] | None:
        """The ids of deleted integrations; None if the row is from an earlier version, which did not record them."""
        if self.row is None:
            return frozenset()
        columns = [str(self.row.values[name]) for name in sorted(self.row.values) if name.startswith(_GAPS)]
        if not columns:
            return None
        ranges = [text.split("-") for column in columns for text in column.split(",") if text]
        return frozenset(id_ for first, last in ranges for id_ in range(int(first), int(last) + 1))

    def with_gaps(self, gaps: frozenset[int]) -> Write:
        """The write that records which ids are unused, provided that nothing has changed. The row must exist."""
        assert self.row is not None  # noqa: S101  # ids are only unused after some were assigned
        return Replace(self.row, {"integration": self.integration, "domain": self.domain, **_gap_columns(gaps)})


def settings_key(uuid: str) -> str:
    """Key of an integration's settings."""
    return SETTINGS_PREFIX + uuid


def icon_key(uuid: str) -> str:
    """Key of an integration's icon."""
    return f"icon-{uuid}"


def id_key(id_: int) -> str:
    """Key of the row that maps an id to a UUID."""
    return f"{ID_PREFIX}{id_}"


def mailbox_key(mailbox: str) -> str:
    """Key of the claim on an equipment mailbox. Hashed, because addresses can contain characters that keys cannot."""
    return f"mailbox-{sha256(mailbox.encode()).hexdigest()}"


def sequence_of(row: Row | None) -> Sequence:
    """The sequence from its row."""
    if row is None:
        return Sequence(0, 0, None)
    return Sequence(int(row.values["integration"]), int(row.values["domain"]), row)


def _gap_columns(gaps: frozenset[int]) -> Values:
    ranges: list[list[int]] = []
    for id_ in sorted(gaps):
        if ranges and ranges[-1][1] == id_ - 1:
            ranges[-1][1] = id_
        else:
            ranges.append([id_, id_])
    texts = [f"{first}-{last}" for first, last in ranges]
    starts = range(0, max(len(texts), 1), _GAPS_IN_COLUMN)
    return {
        f"{_GAPS}{n:03}": ",".join(texts[start : start + _GAPS_IN_COLUMN]) for n, start in enumerate(starts)
    }  # fmt: skip


def settings_values(integration: Integration, changes: Mapping[str, int]) -> Values:
    """The columns of a settings row."""
    columns = {name: "" if value is None else value for name, value in integration if name != "domains"}
    domains = _DOMAINS.dump_json(integration.domains).decode()
    return {**columns, "domains": domains, "changes": json.dumps(dict(changes), separators=(",", ":"))}


def stored(row: Row) -> Stored:
    """An integration from its settings row. It was validated when it was saved, and is not validated again."""
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
