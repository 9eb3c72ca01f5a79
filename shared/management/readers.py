"""What read-only admins see (app role Scheduling.Read): everything except personal PINs. They cannot make changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.errors import NotAllowed
from shared.management.admins import ADMIN_ROLE, Admin
from shared.management.call import Call
from shared.management.listing import ListedResource, Part, Query, TimelineResource
from shared.management.resource import Action, Object, PagedResource, Resource, Schema, SearchedResource, Shown

PINS = frozenset({"pin", "guest_pin"})
"""Fields of a `conference` that would let a reader join other people's meetings. Readers cannot filter by them either.
"""

_READING = ("GET", "HEAD", "OPTIONS")


def refuse_change(admin: Admin, call: Call) -> None:
    """Raise NotAllowed if an admin with read-only access attempts anything but reading."""
    if call.method not in _READING and not admin.may_change:
        raise NotAllowed(
            f"You have read-only access. Changes, and all actions except GET, require the app role {ADMIN_ROLE}."
        )


@dataclass(frozen=True)
class ReadersView:
    """A Resource as a reader sees it. It is not a WritableResource, even if the full resource is."""

    whole: Resource

    @property
    def area(self) -> str:
        """See Resource.area."""
        return self.whole.area

    @property
    def name(self) -> str:
        """See Resource.name."""
        return self.whole.name

    @property
    def about(self) -> str:
        """See Resource.about."""
        return self.whole.about

    @property
    def schema(self) -> Schema:
        """The JSON schema, without the PINs."""
        return {**self.whole.schema, "properties": _without_pins(self.whole.schema["properties"])}

    @property
    def extras(self) -> Object:
        """See DescribedResource.extras."""
        return getattr(self.whole, "extras", {})

    @property
    def actions(self) -> Mapping[str, Action]:
        """Only those actions that do not change anything."""
        return {name: action for name, action in self.whole.actions.items() if action.method in _READING}

    async def all(self) -> Sequence[Object]:
        """Every object, without its PINs."""
        return [_without_pins(shown) for shown in await self.whole.all()]

    async def found_by(self, exact: Mapping[str, str]) -> Sequence[Object] | None:
        """See SearchedResource.found_by."""
        found = await self.whole.found_by(exact) if isinstance(self.whole, SearchedResource) else None
        return None if found is None else [_without_pins(shown) for shown in found]

    async def from_lists(self, query: Query) -> Part | None:
        """See ListedResource.from_lists."""
        found = await self.whole.from_lists(query) if isinstance(self.whole, ListedResource) else None
        return found and replace(found, objects=[_without_pins(shown) for shown in found.objects])

    async def one(self, id_: int) -> Shown:
        """The object with the given id, without its PINs. Raises NotFound."""
        shown = await self.whole.one(id_)
        return Shown(_without_pins(shown.fields), shown.etag)


class PagedReadersView(ReadersView):
    """A PagedResource as a reader sees it."""

    whole: PagedResource

    async def part(self, offset: int, limit: int) -> tuple[Sequence[Object], int]:
        """See PagedResource.part."""
        found, total = await self.whole.part(offset, limit)
        return list(map(_without_pins, found)), total

    async def sketches(self, fields: Collection[str]) -> Sequence[Object]:
        """See PagedResource.sketches."""
        return list(map(_without_pins, await self.whole.sketches(fields)))

    async def full(self, ids: Sequence[int]) -> Sequence[Object]:
        """See PagedResource.full."""
        return list(map(_without_pins, await self.whole.full(ids)))


class TimelineReadersView(ReadersView):
    """A TimelineResource as a reader sees it. Recorded changes never contain a PIN."""

    whole: TimelineResource

    async def listed(self, query: Query, text: str) -> Object | None:
        """See TimelineResource.listed."""
        return await self.whole.listed(query, text)


def readers_view(whole: Resource) -> ReadersView:
    """The reader's view of a resource. It can be read in pages or by time if the full resource can."""
    if isinstance(whole, TimelineResource):
        return TimelineReadersView(whole)
    return PagedReadersView(whole) if isinstance(whole, PagedResource) else ReadersView(whole)


def _without_pins(fields: Object) -> Object:
    return {name: value for name, value in fields.items() if name not in PINS}
