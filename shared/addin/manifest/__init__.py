"""The add-in's manifests, generated from an integration (X1, I6).

contents.py   what both forms contain: identity, version, texts cut to Outlook's limits, URLs
xml.py        the add-in-only manifest, which every Outlook accepts
unified.py    the unified manifest for Microsoft 365, which only Exchange Online accepts
"""

from typing import Any

from shared.addin.manifest.contents import Contents, Permission, contents
from shared.addin.manifest.unified import unified_manifest
from shared.addin.manifest.xml import xml_manifest
from shared.errors import InvalidRequest
from shared.integrations import IntegrationStore
from shared.web.addresses import Addresses

__all__ = ["Contents", "Manifests", "Permission", "contents", "unified_manifest", "xml_manifest"]


class Manifests:
    """The manifests of all integrations."""

    def __init__(self, integrations: IntegrationStore, addresses: Addresses) -> None:
        self._integrations = integrations
        self._addresses = addresses

    async def xml(self, uuid: str, permission: str = "") -> bytes:
        """The add-in-only manifest.

        `permission` is the permission's name in the manifest, if the add-in needs more than the default. The manifest
        is not cached, so that an admin who has just changed a setting gets the new one. Raises NotFound,
        InvalidRequest.
        """
        return xml_manifest(await self._contents(uuid, permission))

    async def unified(self, uuid: str, permission: str = "") -> dict[str, Any]:
        """The unified manifest. See `xml`."""
        return unified_manifest(await self._contents(uuid, permission))

    async def _contents(self, uuid: str, permission: str) -> Contents:
        try:
            granted = Permission(permission or Permission.ITEM)
        except ValueError as error:
            names = " or ".join(known.value for known in Permission)
            raise InvalidRequest(f"The permission must be {names}.") from error
        return contents(await self._integrations.get(uuid), self._addresses, granted)
