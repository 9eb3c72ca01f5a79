"""Conferences on a Management Node and their aliases: finds them by tag, and creates, changes and removes them, one or
many at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.management_node.client import CONFIGURATION, Fields, NodeClient
from shared.management_node.failure import NodeFailed, NodeRefused
from shared.management_node.objects import (
    ALIASES,
    CONFERENCES,
    AliasPage,
    ConferencePage,
    Named,
    NamedPage,
    NodeConference,
    read,
)

PAGE_SIZE = 250
"""Conferences per response: 10,000 conferences take 40 requests."""

MAX_LISTED = 4_000
"""Maximum length of a list in a URL, in characters. Servers accept about 8,000 for the whole URL."""

MAX_PAGES = 400
"""Maximum number of pages to read. This is enough for 100,000 conferences, more than any node has."""

REFERENCES_MAX_AGE = timedelta(minutes=10)
"""How long the URI of a theme or group is cached."""

MISSING_REFERENCE_MAX_AGE = timedelta(minutes=1)
"""How long the absence of a theme or group is cached. An admin may be about to create it."""


class NodeConferences:
    """The conferences on one node. Calls raise the same errors as NodeClient."""

    def __init__(self, client: NodeClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._references: dict[tuple[str, str], tuple[str, datetime]] = {}

    async def by_tags(self, tags: Collection[str]) -> Mapping[str, NodeConference]:
        """The conferences with these tags, keyed by tag. One request covers up to about fifty tags. If two conferences
        have the same tag, the older one counts. Somebody else must have created the newer one. Not confirmed against a
        live node: that lists can be filtered by `tag__in`. If a node rejects or ignores the filter, each tag is
        requested individually.
        """
        if not tags:
            return {}
        if len(tags) > 1:
            with suppress(NodeRefused):
                page = await self._page({"tag__in": ",".join(sorted(tags)), "limit": PAGE_SIZE})
                if all(each.tag in tags for each in page.objects):
                    return _oldest(page.objects)
        found = [await self._page({"tag": tag, "limit": PAGE_SIZE}) for tag in sorted(tags)]
        return _oldest(each for page in found for each in page.objects if each.tag in tags)

    async def all(self, prefix: str) -> AsyncIterator[NodeConference]:
        """All conferences whose tag has this prefix, page by page. Not confirmed against a live node: the filter
        `tag__startswith`.
        """
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

    async def aliases_known(self, aliases: Sequence[str]) -> frozenset[str]:
        """Which of the aliases are already used by conferences, in lower case. One request covers about forty rooms.

        Not confirmed against a live node: that lists can be filtered by `alias__in`, and whether that ignores case.
        """
        found = set[str]()
        for some in _fitting(aliases):
            found |= await self._aliases_in(some)
        return frozenset(found & {alias.casefold() for alias in aliases})

    async def _aliases_in(self, aliases: Sequence[str]) -> set[str]:
        with suppress(NodeRefused):
            known = await self._aliases({"alias__in": ",".join(aliases), "limit": PAGE_SIZE})
            if known <= {alias.casefold() for alias in aliases}:
                return known
        pages = [await self._aliases({"alias": alias, "limit": 1}) for alias in aliases]
        return set().union(*pages)

    async def _aliases(self, params: Mapping[str, str | int]) -> set[str]:
        page = read(await self._client.get(ALIASES, params), AliasPage)
        return {each.alias.casefold() for each in page.objects}

    async def first(self, pages: int) -> tuple[list[NodeConference], int]:
        """The first conferences on the node, including those created by others, and the total number. Takes one request
        per page.
        """
        found, total = list[NodeConference](), 0
        for _ in range(pages):
            page = await self._page({"limit": PAGE_SIZE, "offset": len(found)})
            found += page.objects
            total = page.meta.total_count
            if not page.objects or len(found) >= total:
                break
        return found, total

    async def at(self, uri: str) -> NodeConference | None:
        """The conference with this URI, regardless of its tag; None if there is none."""
        answer = await self._client.get(uri)
        return None if answer is None else read(answer, NodeConference)

    async def create(self, conferences: Sequence[Fields]) -> str:
        """Create conferences in one request. Returns the path of a single conference, or "" for several. Raises
        NodeRefused if one of them is refused; others may have been created by then.
        """
        if len(conferences) == 1:
            return await self._client.post(CONFERENCES, conferences[0])
        await self._client.patch(CONFERENCES, {"objects": list(conferences)})
        return ""

    async def change(self, uri: str, fields: Fields) -> bool:
        """Change fields in a conference; returns whether it existed."""
        return await self._client.patch(uri, fields)

    async def remove(self, uris: Sequence[str]) -> Mapping[str, str]:
        """Remove conferences in one request. If any of them is already gone, a bulk removal fails, and they are removed
        one by one. Returns those that the node did not remove, and why.
        """
        left = dict[str, str]()
        if len(uris) > 1 and await self._removed(uris):
            return left
        for uri in uris:
            try:
                await self._client.delete(uri)
            except NodeRefused as refused:
                left[uri] = str(refused).rstrip(".")
        return left

    async def _removed(self, uris: Sequence[str]) -> bool:
        try:
            return await self._client.patch(CONFERENCES, {"objects": [], "deleted_objects": list(uris)})
        except NodeRefused:
            return False

    async def add_alias(self, uri: str, alias: Fields) -> None:
        """Add an alias to a conference."""
        await self._client.post(ALIASES, {**alias, "conference": uri})

    async def uri_of(self, resource: str, name: str) -> str:
        """The URI of the theme or group with this name; "" if there is none. Makes at most one request per
        REFERENCES_MAX_AGE.
        """
        known = self._references.get((resource, name))
        if known and self._clock.now() < known[1]:
            return known[0]
        answer = await self._client.get(f"{CONFIGURATION}{resource}/", {"name": name, "limit": 20})
        named = [each for each in read(answer, NamedPage).objects if each.name == name]
        uri = named[0].resource_uri if named else ""
        age = REFERENCES_MAX_AGE if uri else MISSING_REFERENCE_MAX_AGE
        self._references[resource, name] = (uri, self._clock.now() + age)
        return uri

    def forget_references(self) -> None:
        """Discard the cached themes and groups."""
        self._references.clear()

    async def name_at(self, path: str) -> str | None:
        """The name of the object at an API path; None if there is no object."""
        answer = await self._client.get(path)
        return None if answer is None else read(answer, Named).name

    async def _page(self, params: Mapping[str, str | int]) -> ConferencePage:
        return read(await self._client.get(CONFERENCES, params), ConferencePage)


def _fitting(aliases: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split the values into groups that each fit into a request URL."""
    group, length = list[str](), 0
    for alias in aliases:
        if group and (length + len(alias) > MAX_LISTED or len(group) == PAGE_SIZE):
            yield group
            group, length = [], 0
        group.append(alias)
        length += len(alias) + 1
    if group:
        yield group


def _oldest(conferences: Iterable[NodeConference]) -> dict[str, NodeConference]:
    found: dict[str, NodeConference] = {}
    for each in conferences:
        found.setdefault(each.tag, each)
    return found
