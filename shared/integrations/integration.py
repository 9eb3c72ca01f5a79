"""An integration: all settings of all sections, as one immutable record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ConfigDict
from pydantic.fields import FieldInfo

from shared.api_paths import CONFIGURATION, CONNECTOR, uri
from shared.integrations.exchange_online import is_exchange_online, tenant_of
from shared.integrations.setting import Format, Section, Setting, format_of, setting_of
from shared.integrations.settings.addin import AddIn
from shared.integrations.settings.advanced import Advanced
from shared.integrations.settings.bridge import Bridge
from shared.integrations.settings.email import EmailText
from shared.integrations.settings.exchange import Exchange
from shared.integrations.settings.general import General
from shared.integrations.settings.metadata import MetadataDomains
from shared.integrations.settings.pane_texts import Pane
from shared.integrations.settings.personal_vmrs import Personal
from shared.integrations.settings.record import Record
from shared.integrations.settings.single_use_vmrs import SingleUse

SECTIONS: tuple[type[Section], ...] = (
    General,
    Exchange,
    SingleUse,
    Personal,
    Bridge,
    AddIn,
    Pane,
    EmailText,
    Advanced,
    MetadataDomains,
    Record,
)
"""The sections, in the order of the admin form."""


class GraphApp(NamedTuple):
    """An app registration. `tenant` is the tenant's GUID or one of its domains."""

    tenant: str
    client_id: str


class Integration(
    Record, MetadataDomains, Advanced, EmailText, Pane, AddIn, Bridge, Personal, SingleUse, Exchange, General
):  # in the reverse order of SECTIONS: pydantic collects fields from the last base to the first
    """One connection between a VMR platform and an Exchange deployment (I1).

    Attributes have the same names as the management API's fields. The attribute for a secret holds the reference to
    pass to `SecretStore.get`, and is falsy if no secret is set.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    @property
    def resource_uri(self) -> str:
        """The URI of this integration in the management API."""
        return uri(CONFIGURATION, CONNECTOR, self.id)

    @property
    def mailbox(self) -> str:
        """The equipment mailbox's address in lower case; "" if none is set."""
        return (self.room_mailbox_email_address or "").lower()

    @property
    def uses_ews(self) -> bool:
        """Whether the equipment mailbox is accessed through EWS. If so, it is polled, because there are no
        notifications (E2, M9).
        """
        match self.authentication_method:
            case "GRAPH":
                return False
            case "APP_PERM":  # also used with Exchange Online, by clients that do not know GRAPH
                return bool(self.url) and not is_exchange_online(self.url)
        return True

    @property
    def graph_app(self) -> GraphApp:
        """The application that accesses Graph. Both ids are "" for the deployment's own identity."""
        if self.authentication_method == "APP_PERM":
            return GraphApp(tenant_of(self.oauth_token_endpoint), self.oauth_client_id or "")
        return GraphApp(self.graph_tenant_id or "", self.graph_client_id or "")

    @property
    def answers_in_html(self) -> bool:
        """Whether Exchange's own responses keep formatting. With Graph, the comment in a response is plain text
        (exchange.md §2).
        """
        return self.uses_ews

    @property
    def metadata_urls(self) -> tuple[str, ...]:
        """URLs of Exchange's metadata documents. An FQDN implies the default path."""
        return tuple(
            entry.domain if "://" in entry.domain else f"https://{entry.domain}/autodiscover/metadata/json/1"
            for entry in self.domains
        )

    @property
    def script_sources(self) -> tuple[str, ...]:
        """The additional script URLs, in order."""
        return tuple(line.strip() for line in self.additional_add_in_script_sources.splitlines() if line.strip())

    def resource(self) -> dict[str, Any]:
        """The integration as the management API shows it: without secrets, and with its domains as exchange_domain
        records.
        """
        shown = {
            name: getattr(self, name) for name, _, setting in settings() if not (setting.internal or setting.secret)
        }
        shown["domains"] = [entry.model_dump(mode="json") for entry in self.domains]
        return shown | {"resource_uri": self.resource_uri}


def settings() -> Iterator[tuple[str, FieldInfo, Setting]]:
    """Every setting in the order of the admin form, with its name, pydantic's description and our own."""
    for name, field in Integration.model_fields.items():
        yield name, field, setting_of(field)


MANIFEST_FIELDS = frozenset(name for name, _, setting in settings() if setting.manifest)
SECRET_FIELDS = frozenset(name for name, _, setting in settings() if setting.secret and not setting.read_only)
READ_ONLY_FIELDS = frozenset(name for name, _, setting in settings() if setting.read_only) | {"resource_uri"}
SIGN_IN_FIELDS = frozenset(name for name, _, setting in settings() if setting.sign_in)
TEMPLATE_FIELDS = frozenset(name for name, field, _ in settings() if format_of(field) is Format.TEMPLATE)
