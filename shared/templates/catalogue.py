"""The settings that are templates, the variables that each template accepts, and where its result is used. The accepted
variables are those listed for each template in the original's documentation. `scheduled_alias_description_template` is
not listed there. It has the same default as the conference description, so it accepts the same variables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import MappingProxyType

MAX_TEMPLATE = 12_288
"""Maximum length of a template, in characters (docs/facts/pexip.md §1)."""


class Destination(Enum):
    """Where a rendered template is used, which determines how values are escaped (T3)."""

    HTML = "html"
    """Part of an e-mail's body: values are HTML-escaped."""
    LINE = "line"
    """A name, description, subject or location: one line of plain text."""


@dataclass(frozen=True)
class TemplateField:
    """A settings field that is a template. A text setting (`reject_alias_deleted_template`, …) is a template without
    variables.
    """

    name: str
    destination: Destination
    variables: tuple[str, ...] = ()
    required: str | None = None
    """The variable that must be visible in the result."""


def accepted(template: TemplateField) -> str:
    """A sentence that lists the accepted variables."""
    return f"available: {', '.join(template.variables)}" if template.variables else "this text has no variables"


def meeting_time(moment: datetime) -> str:
    """The time in the form `15:30 on 31/07/2017`, in its own zone (T3). Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a meeting's time must have a time zone")
    return f"{moment:%H:%M on %d/%m}/{moment.year:04}"


_CONFERENCE = ("subject", "organizer_email", "organizer_name", "alias", "numeric_alias")
_ACCEPTED = ("start_time", "end_time", "alias", "numeric_alias")
_PERSONAL = (
    "aliases", "domain_aliases", "numeric_aliases", "other_aliases", "addin_server_domain", "name", "description",
    "service_type", "pin", "allow_guests", "guest_pin", "owners_email",
)  # fmt: skip

_HTML, _LINE = Destination.HTML, Destination.LINE

FIELDS: Mapping[str, TemplateField] = MappingProxyType(
    {
        field.name: field
        for field in (
            TemplateField("conference_name_template", _LINE, _CONFERENCE),
            TemplateField("conference_description_template", _LINE, _CONFERENCE),
            TemplateField("conference_subject_template", _LINE, _CONFERENCE),
            TemplateField("scheduled_alias_description_template", _LINE, _CONFERENCE),
            TemplateField("personal_vmr_instructions_template", _HTML, _PERSONAL),
            TemplateField("personal_vmr_location_template", _LINE, _PERSONAL),
            TemplateField("personal_vmr_name_template", _LINE, _PERSONAL),
            TemplateField("personal_vmr_description_template", _LINE, _PERSONAL),
            TemplateField(
                "meeting_instructions_template",
                _HTML,
                ("alias", "addin_server_domain", "numeric_alias", "alias_uuid"),
                required="alias_uuid",
            ),
            TemplateField("placeholder_instructions_template", _HTML),
            TemplateField("accept_new_single_meeting_template", _HTML, _ACCEPTED),
            TemplateField("accept_edited_single_meeting_template", _HTML, _ACCEPTED),
            TemplateField("accept_new_recurring_series_template", _HTML, _ACCEPTED),
            TemplateField("accept_edited_occurrence_template", _HTML, _ACCEPTED),
            TemplateField("accept_edited_recurring_series_template", _HTML, _ACCEPTED),
            TemplateField("reject_invalid_alias_id_template", _HTML),
            TemplateField("reject_alias_conflict_template", _HTML, ("alias",)),
            TemplateField("reject_alias_deleted_template", _HTML),
            TemplateField("reject_recurring_series_past_template", _HTML),
            TemplateField("reject_single_meeting_past", _HTML),
            TemplateField("reject_general_error_template", _HTML, ("correlation_id",)),
        )
    }
)

_START = datetime(2026, 7, 31, 15, 30, tzinfo=UTC)

SAMPLES: Mapping[str, object] = MappingProxyType(
    {
        "subject": "Quarterly review",
        "organizer_email": "alice@example.com",
        "organizer_name": "Alice Jones",
        "alias": "77123456@example.com",
        "numeric_alias": "77123456",
        "alias_uuid": "PXPS:-6f8cf6fc-7ab0-4e1d-a6c8-3b5e5a1a1f3d#",
        "addin_server_domain": "join.example.com",
        "start_time": _START,
        "end_time": _START + timedelta(hours=1),
        "correlation_id": "0b6f8b0e-8f0e-4a52-9a55-6a1d0f5f2f7c",
        "aliases": ("alice.jones@example.com", "5550123", "alice.jones"),
        "domain_aliases": ("alice.jones@example.com",),
        "numeric_aliases": ("5550123",),
        "other_aliases": ("alice.jones",),
        "name": "Alice Jones's room",
        "description": "Personal meeting room of Alice Jones",
        "service_type": "conference",
        "pin": "4321#",
        "allow_guests": True,
        "guest_pin": "1234#",
        "owners_email": "alice@example.com",
    }
)
"""A sample value for every variable, used in previews and to test a template before it is saved."""
