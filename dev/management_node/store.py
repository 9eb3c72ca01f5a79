"""The node's database: objects, keyed by resource and id, with checks of their fields."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeAlias

from dev.management_node.model import CONFERENCE_ALIAS, RESOURCES, Fields, Resource, uri_of


class Refused(Exception):
    """The node refuses a request. `faults` are the messages about an object of `resource`, keyed by field."""

    def __init__(self, resource: str, faults: dict[str, list[str]]) -> None:
        super().__init__(str(faults))
        self.resource = resource
        self.faults = faults


class Missing(Exception):
    """A request refers to an object that does not exist. `uri` is the reference."""

    def __init__(self, uri: object) -> None:
        super().__init__(str(uri))
        self.uri = uri


Copied: TypeAlias = tuple[dict[str, dict[int, Fields]], dict[tuple[str, str, str], int], dict[int, set[int]]]
"""The objects, their unique values, and the conferences' aliases. Fields are never changed in place."""


class Store:
    """All objects. An alias is a separate object, but is also shown with its conference."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[int, Fields]] = {name: {} for name in RESOURCES}
        self._unique: dict[tuple[str, str, str], int] = {}
        self._aliases: dict[int, set[int]] = {}
        self._next = dict.fromkeys(RESOURCES, 0)
        self.touched: set[int] = set()
        """The conferences that have changed since this set was last emptied. Changes to aliases count as changes to
        their conference.
        """

    def copied(self) -> Copied:
        """Return a snapshot of the content that can be restored later."""
        objects = {name: dict(held) for name, held in self.objects.items()}
        return objects, dict(self._unique), {id_: set(held) for id_, held in self._aliases.items()}

    def put_back(self, copied: Copied) -> None:
        """Restore a snapshot. Ids that were assigned in the meantime are not reused."""
        self.objects, self._unique, self._aliases = copied

    def get(self, resource: str, id_: int) -> Fields | None:
        """An object as stored, or None."""
        return self.objects[resource].get(id_)

    def shown(self, resource: str, id_: int) -> Fields:
        """An object as shown to clients."""
        fields = self.objects[resource][id_]
        shown = {**fields, "id": id_, "resource_uri": uri_of(resource, id_)}
        if resource == "conference":
            shown["aliases"] = [self.shown("conference_alias", each) for each in sorted(self._aliases[id_])]
            shown["scheduled_conferences_count"] = len(fields["scheduled_conferences"] or [])
            theme = self.referred("ivr_theme", fields["ivr_theme"]) if fields["ivr_theme"] else None
            shown["ivr_theme"] = self.shown("ivr_theme", theme) if theme else None
        return shown

    def all(self, resource: str) -> Iterator[int]:
        """The ids of all objects, in order."""
        yield from self.objects[resource]

    def create(self, resource: Resource, given: Fields, now: datetime) -> int:
        """Create an object and its dependents. If it raises Refused or Missing, no object is created."""
        aliases = (given.get("aliases") or []) if resource.name == "conference" else []
        fields = {name: given.get(name, default) for name, default in resource.defaults.items() if name != "aliases"}
        self._check(resource, fields, 0)
        fields["creation_time"] = now.strftime("%Y-%m-%dT%H:%M:%S.%f")
        id_ = self._next[resource.name] = self._next[resource.name] + 1
        self._put(resource, id_, fields)
        if resource.name == "conference":
            self._aliases[id_] = set()
            try:
                self._set_aliases(id_, aliases, now)
            except (Refused, Missing):
                self.delete(resource, id_)
                raise
        return id_

    def change(self, resource: Resource, id_: int, given: Fields, now: datetime) -> None:
        """Change an object's fields, either all or none. Raises Refused, Missing."""
        before = self.objects[resource.name][id_]
        fields = before | {name: given[name] for name in resource.defaults if name in given and name != "aliases"}
        self._check(resource, fields, id_)
        # Terraform's provider manages aliases as a separate resource, and sends null with every change to a conference
        # (docs/facts/pexip.md §2). It has not been confirmed against a live node that this keeps the aliases. The
        # product never sends null.
        if resource.name == "conference" and given.get("aliases") is not None:
            self._set_aliases(id_, given["aliases"], now)
        self._take(resource, before)
        self._put(resource, id_, fields)

    def delete(self, resource: Resource, id_: int) -> None:
        """Delete an object and its dependents."""
        if resource.name == "conference":
            for alias in list(self._aliases.get(id_, ())):
                self.delete(CONFERENCE_ALIAS, alias)
            self._aliases.pop(id_, None)
        fields = self.objects[resource.name].pop(id_)
        self._take(resource, fields)
        self._touch(resource, id_, fields)
        if resource.name == "conference_alias":
            conference = self.referred("conference", fields["conference"])
            self._aliases.get(conference, set()).discard(id_)

    def referred(self, resource: str, uri: Any) -> int:
        """The id of the object with the given URI, or 0 if there is none."""
        path = str(uri)
        start = path.find("/api/")
        parts = path[max(start, 0) :].strip("/").split("/")
        is_one = len(parts) == 6 and parts[4] == resource and parts[5].isdecimal()
        id_ = int(parts[5]) if is_one else 0
        return id_ if id_ in self.objects[resource] else 0

    def _check(self, resource: Resource, fields: Fields, id_: int) -> None:
        taken = [name for name in resource.unique if self._unique.get(_key(resource, name, fields), id_) != id_]
        clashes = {
            name: [f"{resource.title} with this {name.replace('_', ' ').capitalize()} already exists."]
            for name in taken
        }
        if faults := _faults(resource, fields) | clashes:
            raise Refused(resource.name, faults)
        for name, target in resource.references.items():
            if fields[name] and not self.referred(target, fields[name]):
                raise Missing(fields[name])

    def _set_aliases(self, conference: int, aliases: Any, now: datetime) -> None:
        """Replace all aliases of a conference. Aliases given as URIs keep their content, even if they belong to another
        conference.
        """
        wanted = [each for each in aliases if isinstance(each, dict)]
        kept = {self.referred("conference_alias", each) for each in aliases if isinstance(each, str)}
        kept |= {self.referred("conference_alias", each["resource_uri"]) for each in wanted if "resource_uri" in each}
        new = [each for each in wanted if "resource_uri" not in each]
        own = {str(self.objects["conference_alias"][id_]["alias"]).casefold(): id_ for id_ in self._aliases[conference]}
        kept |= {own[str(each.get("alias")).casefold()] for each in new if str(each.get("alias")).casefold() in own}
        new = [each for each in new if str(each.get("alias")).casefold() not in own]
        made: list[int] = []
        try:
            for each in new:
                fields = {**each, "conference": uri_of("conference", conference)}
                made.append(self.create(CONFERENCE_ALIAS, fields, now))
        except (Refused, Missing):
            for id_ in made:
                self.delete(CONFERENCE_ALIAS, id_)
            raise
        for id_ in self._aliases[conference] - kept - set(made):
            self.delete(CONFERENCE_ALIAS, id_)

    def _touch(self, resource: Resource, id_: int, fields: Fields) -> None:
        if resource.name == "conference":
            self.touched.add(id_)
        elif resource.name == "conference_alias":
            self.touched.add(self.referred("conference", fields["conference"]))

    def _put(self, resource: Resource, id_: int, fields: Fields) -> None:
        self.objects[resource.name][id_] = fields
        self._touch(resource, id_, fields)
        for name in resource.unique:
            self._unique[_key(resource, name, fields)] = id_
        if resource.name == "conference_alias":
            self._aliases[self.referred("conference", fields["conference"])].add(id_)

    def _take(self, resource: Resource, fields: Fields) -> None:
        for name in resource.unique:
            self._unique.pop(_key(resource, name, fields), None)


def _faults(resource: Resource, fields: Fields) -> dict[str, list[str]]:
    """The errors in an object's fields, regardless of other objects."""
    empty = {name: ["This field is required."] for name in resource.required if fields[name] in ("", None)}
    long = {
        name: [f"Ensure this value has at most {limit} characters (it has {len(fields[name])})."]
        for name, limit in resource.limits.items()
        if len(str(fields[name] or "")) > limit
    }
    odd = {
        name: [f"Select a valid choice. {fields[name]} is not one of the available choices."]
        for name, allowed in resource.choices.items()
        if fields[name] not in allowed
    }
    return long | odd | empty


def _key(resource: Resource, name: str, fields: Fields) -> tuple[str, str, str]:
    return resource.name, name, str(fields[name]).casefold()
