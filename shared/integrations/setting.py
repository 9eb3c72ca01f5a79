"""Describes a setting: the types used to define the sections of an integration.

A field of a section is an ordinary pydantic field. The annotation contains its type and limits, and a `Setting` for
what pydantic cannot express. The assigned value is its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from shared.integrations.conditions import Condition
from shared.secrets import SecretReference


class Format(Enum):
    """The syntax of a string; `shared.integrations.syntax` has the rules. The member's value is its description in the
    docs.
    """

    LINE = "a single line"
    HTML = "text or HTML"
    TEMPLATE = "Jinja2 template"
    FQDN = "FQDN"
    URL = "https URL"
    SERVER_URL = "https URL called by this service itself"
    SCRIPT_URLS = "https URLs, one per line"
    EMAIL = "e-mail address"
    GUID = "GUID"
    PREFIX = "dialable characters: letters, digits, `.`, `-`, `_`"


@dataclass(frozen=True)
class Setting:
    """What admins and the code need to know about a setting besides its type.

    label: the original's name for the option, or ours if it has none. help: what it does, in one or two sentences.
    required: when it must not be empty (I3). manifest: a change requires the add-in's manifest to be installed again
    (I6, marked `*`). secret: the value is write-only and stored in a SecretStore; the field itself contains a
    SecretReference (I5). sign_in: a change ends the service account's OAuth sign-in (E3, marked `†`). read_only: set by
    the service, and ignored if an admin sends it. internal: not part of the management API's resource. choices: the
    name that forms show for each possible value, if there are only a few. The API uses only the values.
    """

    label: str
    help: str
    required: Condition | None = None
    manifest: bool = False
    secret: bool = False
    sign_in: bool = False
    read_only: bool = False
    internal: bool = False
    choices: Mapping[str, str] | None = None


class Section(BaseModel):
    """A group of settings, as seen by admins. Types are strict: "6" is not a number, 1 is not a boolean."""

    # Only the composed Integration is ever validated, so the sections' own validators are never built.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    title: ClassVar[str]
    about: ClassVar[str] = ""
    in_use: ClassVar[Condition | None] = None
    """The condition under which the section's settings are in use. If there is none, they are always in use."""


Line: TypeAlias = Annotated[str, Field(max_length=250), Format.LINE]
Html: TypeAlias = Annotated[str, Field(max_length=250), Format.HTML]
Template: TypeAlias = Annotated[str, Field(max_length=12288), Format.TEMPLATE]
Fqdn: TypeAlias = Annotated[str, Field(max_length=192), Format.FQDN]
Url: TypeAlias = Annotated[str, Field(max_length=255), Format.URL]
ServerUrl: TypeAlias = Annotated[str, Field(max_length=255), Format.SERVER_URL]
Text255: TypeAlias = Annotated[str, Field(max_length=255), Format.LINE]
Guid: TypeAlias = Annotated[str, Field(max_length=36), Format.GUID]
NullableGuid: TypeAlias = Annotated[str | None, Field(max_length=36), Format.GUID]
NullableLine: TypeAlias = Annotated[str | None, Field(max_length=250), Format.LINE]
Minutes: TypeAlias = Annotated[int, Field(ge=0, le=180)]
Secret100: TypeAlias = Annotated[SecretReference, Field(max_length=100)]
Secret4096: TypeAlias = Annotated[SecretReference, Field(max_length=4096)]


def setting_of(field: FieldInfo) -> Setting:
    """The Setting in a field's annotation."""
    return next(item for item in field.metadata if isinstance(item, Setting))


def format_of(field: FieldInfo) -> Format | None:
    """The Format in a field's annotation; None for numbers, booleans, choices and lists."""
    return next((item for item in field.metadata if isinstance(item, Format)), None)


def is_nullable(field: FieldInfo) -> bool:
    """Whether the field may be null."""
    return type(None) in getattr(field.annotation, "__args__", ())


def crlf(text: str) -> str:
    """A default text with the line endings that the original API stores, so that its clients see no difference (I7)."""
    return text.replace("\n", "\r\n")
