"""Graph's JSON: what all objects have in common, and the small objects nested in others. Only indispensable fields are
required. Any other field that cannot be read counts as missing, so an irrelevant field never makes a message
unreadable. An event must have an id and its times (docs/facts/graph.md).
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from shared.errors import Unavailable
from shared.zones import iana_zone, zone_info


class Payload(BaseModel):
    """An object from Graph. Null always means "not set". Anything other than an object counts as an empty object."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, payload: Any) -> Any:
        return {k: v for k, v in payload.items() if v is not None} if isinstance(payload, dict) else {}

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_not_set(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Treat an unreadable field as not set unless it is required, and replace lone surrogates in strings."""
        try:
            return read(_whole(value))
        except ValueError:
            field = cls.model_fields[info.field_name or ""]
            if field.is_required():
                raise
            return field.get_default(call_default_factory=True)


def _whole(text: Any) -> Any:
    """The text with lone surrogates replaced. Exchange truncates text after a number of UTF-16 code units, which may be
    in the middle of a character.
    """
    return text.encode(errors="replace").decode() if isinstance(text, str) else text


def _sensible(moment: datetime) -> datetime:
    """The time, if arithmetic on it works in every zone. Exchange's own calendar begins in 1601."""
    if not 1601 < moment.year < 9999:
        raise ValueError("out of range")
    return moment


Instant = Annotated[datetime, AfterValidator(_sensible)]

P = TypeVar("P", bound=Payload)


class Moment(Payload):
    """`dateTimeTimeZone`: a local time with seven fractional digits, and its zone."""

    date_time: Instant
    time_zone: str = "UTC"

    def utc(self) -> datetime:
        """The time in UTC, to the second."""
        local = self.date_time.replace(tzinfo=zone_info(iana_zone(self.time_zone)), microsecond=0)
        return local.astimezone(UTC)


class EmailAddress(Payload):
    """A name and an address, either of which may be missing."""

    name: str = ""
    address: str = ""


class Recipient(Payload):
    """`recipient`."""

    email_address: EmailAddress = EmailAddress()


class Body(Payload):
    """`itemBody`."""

    content: str = ""


class ResponseStatus(Payload):
    """`responseStatus`. Its time is 0001-01-01 while there is no response."""

    response: str = "none"
    time: datetime | None = None


class RecurrenceRange(Payload):
    """`recurrenceRange`. `end_date` is meaningless unless the type is endDate."""

    type: str = "noEnd"
    end_date: date | None = None


class Recurrence(Payload):
    """`patternedRecurrence`. Only the end is read, because Exchange lists the occurrences."""

    range: RecurrenceRange = RecurrenceRange()


class ExtendedProperty(Payload):
    """`singleValueLegacyExtendedProperty`. Binary values are base64."""

    id: str = ""
    value: str = ""


class Extended(Payload):
    """Anything that can have extended properties."""

    single_value_extended_properties: list[ExtendedProperty] = []

    def extended(self, name: str) -> str:
        """The value of an extended property; "" if it is missing. Names are case-insensitive, because Graph changes
        their case.
        """
        wanted = name.casefold()
        return next((p.value for p in self.single_value_extended_properties if p.id.casefold() == wanted), "")


def parse(model: type[P], payload: Any) -> P:
    """Parse any Graph object. Raises Unavailable for something that Graph never sends."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        fields = sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]})
        # Only field names are shown, because the payload contains people's mail.
        raise Unavailable(f"Graph's response could not be read: {', '.join(fields) or 'not an object'}.") from None
