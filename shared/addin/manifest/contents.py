"""The contents of a manifest, independent of its format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from uuid import UUID, uuid5

from shared.identity.addin_users import SCOPE
from shared.integrations import Integration
from shared.web import sources
from shared.web.addresses import Addresses
from shared.web.icons import SIZES

_NAMESPACE = UUID("5a1c2b62-3f0e-4d27-9f5b-0f6d2f6c1f4e")
_LOGIN = "https://login.microsoftonline.com"
_APP_DOMAIN = 250
"""Maximum length in characters of an AppDomain, according to the schema."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_PHONE_ICONS = (25, 32, 48)
_SCALES = (1, 2, 3)
ICON_SIZES = (16, 32, 64, 80, 128)
"""Icon sizes in pixels: 16, 32 and 80 on the ribbon (64 recommended), 64 and 128 in lists of add-ins."""


class Permission(Enum):
    """The add-in's permission.

    The mailbox permission is only needed for clients with a bug: classic Outlook for Windows from version 2510 up to
    build 16.0.20131 does not give identity tokens from Exchange on-premises to add-ins with a lesser permission
    (office-js #6340).
    """

    ITEM = "ReadWriteItem"
    MAILBOX = "ReadWriteMailbox"


@dataclass(frozen=True)
class SingleSignOn:
    """The app registration for which Office itself gets tokens: its client id and its application id URI."""

    client_id: str
    resource: str
    scopes: tuple[str, ...] = ("openid", "profile", SCOPE)


@dataclass(frozen=True)
class Contents:
    """The contents of an integration's manifest.

    Texts are as the admin set them and never empty. Each manifest format cuts them to its limits.
    """

    id: UUID
    revision: int
    provider: str
    name: str
    description: str
    group: str
    button: str
    supertip_title: str
    supertip_text: str
    origin: str
    pane: str
    commands: str
    launch: str
    icons: Mapping[int, str]
    grey_icons: Mapping[int, str]
    mobile: bool
    auto_open: bool
    app_domains: tuple[str, ...]
    permission: Permission
    single_sign_on: SingleSignOn | None

    @property
    def version(self) -> str:
        """The version, which increases with the revision: `1.0.1`, … `1.0.9999`, `1.1.0`. Outlook does not install a
        manifest with a lower version.
        """
        return f"1.{self.revision // 10_000}.{self.revision % 10_000}"


def contents(integration: Integration, addresses: Addresses, permission: Permission = Permission.ITEM) -> Contents:
    """The contents of an integration's manifest. Pure."""
    origin = addresses.origin(integration)
    return Contents(
        id=uuid5(_NAMESPACE, integration.uuid.lower()),
        revision=integration.manifest_revision,
        provider=_text(integration, "addin_provider_name"),
        name=_text(integration, "addin_display_name"),
        description=_text(integration, "addin_description"),
        group=_text(integration, "addin_group_label"),
        button=_text(integration, "addin_button_label"),
        supertip_title=_text(integration, "addin_supertip_title"),
        supertip_text=_text(integration, "addin_supertip_description"),
        origin=origin,
        pane=addresses.pane(integration),
        commands=addresses.commands(integration),
        launch=addresses.launch(integration),
        icons={size: addresses.icon(integration, size) for size in ICON_SIZES},
        grey_icons={pixels: addresses.icon(integration, pixels, grey=True) for _, _, pixels in phone_icons()},
        mobile=integration.enable_addin_mobile_command,
        auto_open=integration.enable_addin_auto_open,
        app_domains=_app_domains(integration, origin),
        permission=permission,
        single_sign_on=_single_sign_on(integration),
    )


def phone_icons() -> Iterator[tuple[int, int, int]]:
    """The size and scale of each phone icon, and the size of the icon that we serve for it: the smallest one with
    enough pixels, or the largest one.
    """
    for size in _PHONE_ICONS:
        for scale in _SCALES:
            yield size, scale, next((pixels for pixels in SIZES if pixels >= size * scale), SIZES[-1])


def fitted(text: str, limit: int) -> str:
    """The text, cut to at most `limit` UTF-16 units, which is how Outlook counts.

    Text that was cut ends with an ellipsis.
    """
    if len(text.encode("utf-16-le")) <= 2 * limit:
        return text
    cut = text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore")
    return cut.rstrip() + "…"


def _text(integration: Integration, field: str) -> str:
    """A text setting as a single line, without characters that XML forbids.

    If nothing is left, it is the setting's default.
    """
    given = _NO_XML.sub("", getattr(integration, field))
    return " ".join(given.split()) or str(type(integration).model_fields[field].default)


def _app_domains(integration: Integration, origin: str) -> tuple[str, ...]:
    """The origins that a dialog may show: our own and those of sign-in pages.

    A sign-in page whose name is too long for the schema is left out: the dialog starts on our own origin and still
    reaches it.
    """
    urls = [origin, _LOGIN]
    if integration.enable_personal_vmrs and integration.personal_vmr_oauth_auth_endpoint:
        urls.append(integration.personal_vmr_oauth_auth_endpoint)
    if integration.addin_authentication_method != "EXCHANGE_USER_ID_TOKEN" and integration.addin_authority_url:
        urls.append(integration.addin_authority_url)
    return tuple(domain for domain in sources.origins(urls) if len(domain) <= _APP_DOMAIN)


def _single_sign_on(integration: Integration) -> SingleSignOn | None:
    if integration.addin_authentication_method != "SSO_TOKEN" or not integration.addin_application_id:
        return None
    client_id = integration.addin_application_id
    return SingleSignOn(client_id, f"api://{integration.addin_server_domain}/{client_id}")
