"""Objects in a Management Node's responses: conferences, aliases, themes and groups (docs/facts/pexip.md §1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, StringConstraints, ValidationError

from shared.management_node.client import CONFIGURATION, Fields
from shared.management_node.failure import NodeFailed

CONFERENCES = f"{CONFIGURATION}conference/"
ALIASES = f"{CONFIGURATION}conference_alias/"


def _path(uri: Any) -> Any:
    """A URI without its host, if any, because the settings alone determine which host is called."""
    return urlsplit(uri).path if isinstance(uri, str) else uri


_ROOM_TAG = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""`<integration>:<tag of the meeting>`."""

_REFERENCES = ("ivr_theme", "host_identity_provider_group")

_ConferenceUri = Annotated[
    str, BeforeValidator(_path), StringConstraints(pattern=rf"^{CONFERENCES}[0-9]+/$", strict=True)
]


class NodeAlias(BaseModel):
    """An alias of a conference."""

    alias: str
    resource_uri: str = ""


class NodeConference(BaseModel):
    """The fields of a conference that we read; all others are ignored."""

    name: str
    resource_uri: _ConferenceUri
    tag: Annotated[str, BeforeValidator(lambda value: value or "")] = ""
    description: str | None = ""
    primary_owner_email_address: str | None = ""
    non_idp_participants: str | None = None
    ivr_theme: Any = None
    host_identity_provider_group: Any = None
    aliases: list[NodeAlias] = []

    def differing(self, fields: Fields) -> Fields:
        """Which of these fields (as sent to a node) have a different value on the node."""
        return {name: value for name, value in fields.items() if (self._shown(name) or "") != (value or "")}

    def _shown(self, name: str) -> Any:
        """A field as sent to a node. In a node's responses, a reference to a theme or group may be a whole object."""
        value = getattr(self, name)
        if name not in _REFERENCES:
            return value
        return _path(value.get("resource_uri") if isinstance(value, dict) else value)

    def lacks(self, aliases: Iterable[str]) -> list[str]:
        """The aliases that the conference lacks."""
        own = {each.alias.casefold() for each in self.aliases}
        return [alias for alias in aliases if alias.casefold() not in own]


class _Meta(BaseModel):
    total_count: int


class ConferencePage(BaseModel):
    """A page in a list of conferences."""

    meta: _Meta
    objects: list[NodeConference]


class Named(BaseModel):
    """An object; only its name and URI are read."""

    name: str
    resource_uri: str = ""


class NamedPage(BaseModel):
    """A page in a list of themes or groups."""

    objects: list[Named]


class AliasPage(BaseModel):
    """A page in a list of aliases."""

    objects: list[NodeAlias]


_Read = TypeVar("_Read", bound=BaseModel)


def is_tag_of_room(tag: str) -> bool:
    """Whether a conference was created for a meeting by any deployment of this product."""
    return bool(_ROOM_TAG.fullmatch(tag))


def read(answer: Any, kind: type[_Read]) -> _Read:
    """Parse a node's response. Raises NodeFailed for anything that a node never sends."""
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise NodeFailed("the server at bridge_url is not a Management Node") from error
