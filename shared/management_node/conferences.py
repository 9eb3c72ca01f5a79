"""Conferences of a Management Node and their aliases: found by tag, made, changed, removed, one or many at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.clock import Clock
from shared.management_node.client import CONFIGURATION, Fields, NodeClient
from shared.management_node.failure import NodeFailed

CONFERENCES = f"{CONFIGURATION}conference/"
ALIASES = f"{CONFIGURATION}conference_alias/"

PAGE_SIZE = 250
"""Conferences of one answer: 10,000 are 40 requests."""

MAX_PAGES = 400
"""100,000 conferences, more than a node has."""

REFERENCES_MAX_AGE = timedelta(minutes=10)
"""How long the URI of a theme or a group is believed."""


class NodeAlias(BaseModel):
    """An alias of a conference."""

    alias: str
    resource_uri: str = ""


class NodeConference(BaseModel):
    """What is read of a conference; everything else is passed over."""

    name: str
    resource_uri: str
    tag: str = ""
    aliases: list[NodeAlias] = []

    def lacks(self, aliases: Iterable[str]) -> list[str]:
        """Those of the aliases that it does not have."""
        own = {each.alias.casefold() for each in self.aliases}
        return [alias for alias in aliases if alias.casefold() not in own]


class _Meta(BaseModel):
    total_count: int


class _Page(BaseModel):
    meta: _Meta
    objects: list[NodeConference]


class _Named(BaseModel):
    """An object of which only name and URI matter."""

    name: str
    resource_uri: str = ""


class _NamedPage(BaseModel):
    objects: list[_Named]


_Read = TypeVar("_Read", bound=BaseModel)


class NodeConferences:
    """The conferences of one node. Calls raise what NodeClient's do."""

    def __init__(self, client: NodeClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._references: dict[tuple[str, str], tuple[str, datetime]] = {}

    async def by_tags(self, tags: Collection[str]) -> Mapping[str, NodeConference]:
        """The conferences of these tags, by tag: one request, whatever their number (of some fifty).

        Of two with one tag, which only somebody else can have made, the older one counts. Not confirmed against a live
        node: that lists can be filtered by `tag__in`. One that passes the filter over is asked for each tag.
        """
        if not tags:
            return {}
        if len(tags) > 1:
            page = await self._page({"tag__in": ",".join(sorted(tags)), "limit": PAGE_SIZE})
            if all(each.tag in tags for each in page.objects):
                return _oldest(page.objects)
        found = [await self._page({"tag": tag, "limit": PAGE_SIZE}) for tag in sorted(tags)]
        return _oldest(each for page in found for each in page.objects if each.tag in tags)

    async def all(self, prefix: str) -> AsyncIterator[NodeConference]:
        """All conferences whose tag starts so, page by page. Not confirmed live: the filter `tag__startswith`."""
        seen = 0
        for _ in range(MAX_PAGES):
            page = await self._page({"tag__startswith": prefix, "limit": PAGE_SIZE, "offset": seen})
            for each in page.objects:
                if each.tag.startswith(prefix):
                    yield each
            seen += len(page.objects)
            if not page.objects or seen >= page.meta.total_count:
                return
        raise NodeFailed(f"the Management Node has more than {MAX_PAGES * PAGE_SIZE} conferences")

    async def create(self, conferences: Sequence[Fields]) -> str:
        """Make them, in one request; the path of a single one, "" of many.

        Raises NodeRefused when one of them is not taken: others may have been made by then.
        """
        if len(conferences) == 1:
            return await self._client.post(CONFERENCES, conferences[0])
        await self._client.patch(CONFERENCES, {"objects": list(conferences)})
        return ""

    async def change(self, uri: str, fields: Fields) -> bool:
        """Change fields of one; whether it was there."""
        return await self._client.patch(uri, fields)

    async def remove(self, uris: Sequence[str]) -> None:
        """Remove them, in one request; those that are gone already do no harm."""
        if len(uris) == 1:
            await self._client.delete(uris[0])
        elif uris:
            await self._client.patch(CONFERENCES, {"objects": [], "deleted_objects": list(uris)})

    async def add_alias(self, uri: str, alias: Fields) -> None:
        """Give a conference another alias."""
        await self._client.post(ALIASES, {**alias, "conference": uri})

    async def uri_of(self, resource: str, name: str) -> str:
        """The URI of a theme or a group by its name, "" when there is none. One request in ten minutes."""
        known = self._references.get((resource, name))
        if known and self._clock.now() < known[1]:
            return known[0]
        answer = await self._client.get(f"{CONFIGURATION}{resource}/", {"name": name, "limit": 20})
        named = [each for each in read(answer, _NamedPage).objects if each.name == name]
        uri = named[0].resource_uri if named else ""
        self._references[resource, name] = (uri, self._clock.now() + REFERENCES_MAX_AGE)
        return uri

    def forget_references(self) -> None:
        """What was known of themes and groups is not true any more."""
        self._references.clear()

    async def name_at(self, path: str) -> str | None:
        """The name of the object at a path of the API, None when there is none."""
        answer = await self._client.get(path)
        return None if answer is None else read(answer, _Named).name

    async def _page(self, params: Mapping[str, str | int]) -> _Page:
        return read(await self._client.get(CONFERENCES, params), _Page)


def read(answer: Any, kind: type[_Read]) -> _Read:
    """An answer as a node gives it. Raises NodeFailed for one that no node gives."""
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise NodeFailed("bridge_url answers as no Management Node does") from error


def _oldest(conferences: Iterable[NodeConference]) -> dict[str, NodeConference]:
    found: dict[str, NodeConference] = {}
    for each in conferences:
        found.setdefault(each.tag, each)
    return found
