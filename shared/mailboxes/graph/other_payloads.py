"""Graph's JSON for pages, drafts, subscriptions and people (docs/facts/exchange.md §3, §4)."""

from datetime import UTC
from typing import Any, Self

from pydantic import Field, model_validator

from shared.mailboxes.graph.payload import Instant, Payload, parse
from shared.mailboxes.mailbox import Changes
from shared.mailboxes.subscription import Subscription


class Page(Payload):
    """A page of a list. `next_link` is set if there are more pages."""

    value: list[dict[str, Any]]
    next_link: str = Field("", alias="@odata.nextLink")
    delta_link: str = Field("", alias="@odata.deltaLink")


class Draft(Payload):
    """A message that we have created. `is_draft` is true until it is sent."""

    id: str
    is_draft: bool = True


class SubscriptionAnswer(Payload):
    """A subscription as Graph returns it, without its clientState."""

    id: str
    resource: str = ""
    notification_url: str = ""
    lifecycle_notification_url: str = ""
    expiration_date_time: Instant

    def subscription(self) -> Subscription:
        """The subscription as the product's own type."""
        return Subscription(self.id, self.expiration_date_time.astimezone(UTC))


class CalendarAnswer(Payload):
    """The calendar property that is used to test write access."""

    color: str


class DirectoryUser(Payload):
    """A user in the directory. `proxy_addresses` start with their type: "SMTP:" (the primary one), "smtp:", or "X500:".

    The current legacy Exchange DN is not included; former ones are X500 addresses.
    """

    mail: str = ""
    proxy_addresses: list[str] = Field(default_factory=list)

    @property
    def addresses(self) -> tuple[str, ...]:
        """All of the user's addresses, the primary one first."""
        return tuple(filter(None, (self.mail, *self.proxy_addresses)))


class _Owner(Payload):
    address: str = ""


class CalendarOwner(Payload):
    """The owner of a calendar, with the mailbox's primary address."""

    owner: _Owner = _Owner()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The address, if given."""
        return (self.owner.address,) if self.owner.address else ()


class _Arrival(Payload):
    id: str


class _DeltaPage(Page):
    @model_validator(mode="after")
    def _has_a_link(self) -> Self:
        """Check that there is a link. Without one, the next sweep would have to start over, as would every later
        one.
        """
        if not (self.next_link or self.delta_link):
            raise ValueError("neither @odata.nextLink nor @odata.deltaLink")
        return self

    def changes(self) -> Changes:
        """The changes on the page. Entries marked as removed are ignored, because moved messages are listed in the same
        way. A message may be listed twice.
        """
        arrived = (parse(_Arrival, entry).id for entry in self.value if "@removed" not in entry)
        return Changes(
            list(dict.fromkeys(arrived)),
            self.next_link or self.delta_link,
            more=bool(self.next_link),
            stirred=bool(self.value),
        )


def parse_changes(payload: Any) -> Changes:
    """A page of a delta query. Raises Unavailable for something that Graph never sends."""
    return parse(_DeltaPage, payload).changes()
