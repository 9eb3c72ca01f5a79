"""The objects that records refer to: integrations, and objects on the VMR platform."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from shared.api_paths import CONFIGURATION, CONNECTOR, id_in, uri
from shared.errors import RateLimited, SettingsInvalid
from shared.integrations import Integration
from shared.integrations.references import is_uri, path_in
from shared.management.connector_objects import connector_uri
from shared.personal.bridge_failure import BridgeFailed

NameAt: TypeAlias = Callable[[Integration, str], Awaitable[str | None]]
"""Looks up the name of the object at a path on an integration's Management Node; None if there is no such object. See
Bridges.name_at.

Raises BridgeFailed, RateLimited.
"""

_UNKNOWN = "This URI cannot be resolved."
_INSTEAD = "Enter the name instead, as shown on the node."


@dataclass(frozen=True)
class PlatformNames:
    """The names of objects on the platform, keyed by the path in their URI, and the reason why the remaining URIs could
    not be resolved.
    """

    names: Mapping[str, str]
    causes: Mapping[str, str]


class Relations:
    """The objects that records may refer to. If `platform` is None, no URIs were resolved, and unresolved URIs are
    accepted.
    """

    def __init__(self, integrations: Sequence[Integration], platform: PlatformNames | None = None) -> None:
        self._uris = {each.uuid: connector_uri(each) for each in integrations}
        self._uuids = {each.id: each.uuid for each in integrations}
        self.platform = platform

    def uri(self, uuid: str) -> str | None:
        """A record's `exchange_connector`; null if the record belongs to all integrations. A deleted integration must
        not be shown as null. If a client sent null back, the record would then belong to all integrations.
        """
        return self._uris.get(uuid, uri(CONFIGURATION, CONNECTOR, 0)) if uuid else None

    def uuid(self, reference: Any) -> str:
        """The uuid of the integration that a reference points to; "" for none. Raises SettingsInvalid."""
        if reference in (None, ""):
            return ""
        found = self._uuids.get(id_in(reference, CONFIGURATION, CONNECTOR) or 0)
        if found is None:
            raise SettingsInvalid({"exchange_connector": ["Must be the URI of an ms_exchange_connector, or null."]})
        return found

    def name(self, resource: str, reference: str, known: Mapping[str, str]) -> tuple[str, str]:
        """The path in a platform object's URI, and the object's name. The name may be "" if no URIs were resolved.
        `known` contains names resolved earlier. Raises ValueError with a message for the admin who sent the URI.
        """
        path = path_in(reference, resource)
        if not path:
            raise ValueError(f"Must be a name, or a URI such as {uri(CONFIGURATION, resource, 1)}.")
        if self.platform is None:
            return path, known.get(path, "")
        name = self.platform.names.get(path) or known.get(path)
        if not name:
            raise ValueError(f"{self.platform.causes.get(path, 'This URI cannot be resolved.')} {_INSTEAD}")
        return path, name


def paths_in(values: Iterable[Any]) -> frozenset[str]:
    """The paths of all platform object URIs among these values."""
    return frozenset(path_in(each) for each in values if isinstance(each, str) and is_uri(each)) - {""}


async def platform_names(paths: frozenset[str], integrations: Sequence[Integration], name_at: NameAt) -> PlatformNames:
    """The names of the objects at these paths, as given by one of these integrations' Management Nodes."""
    names, causes = dict[str, str](), dict[str, str]()
    node = next((each for each in integrations if each.bridge_url), None)

    async def ask(path: str) -> None:
        if node is None:
            causes[path] = "No Management Node is configured that can resolve this URI (bridge_url)."
            return
        try:
            name = await name_at(node, path)
        except (BridgeFailed, RateLimited) as failed:
            cause = failed.cause if isinstance(failed, BridgeFailed) else "it has received too many requests"
            causes[path] = f"The Management Node cannot resolve this URI at the moment: {cause}."
            return
        if name:
            names[path] = name
        else:
            causes[path] = "The Management Node has no such object."

    await asyncio.gather(*map(ask, sorted(paths)))
    return PlatformNames(names, causes)
