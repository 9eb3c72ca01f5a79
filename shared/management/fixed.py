"""Read-only resources with fixed objects that the original's clients look up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.api_paths import STATUS, uri
from shared.errors import NotFound
from shared.management.resource import Action, Object, Schema, Shown


@dataclass(frozen=True)
class FixedResource:
    """A Resource of fixed objects. `properties` contains the schemas of their fields, except `id` and
    `resource_uri`.
    """

    area: str
    name: str
    about: str
    properties: Mapping[str, Schema]
    objects: Sequence[Object]

    @property
    def schema(self) -> Schema:
        """The JSON schema of an object."""
        link = {"type": "string", "format": "uri-reference", "readOnly": True}
        id_ = {"type": "integer", "readOnly": True}
        return {"type": "object", "properties": {"id": id_, **self.properties, "resource_uri": link}}

    @property
    def actions(self) -> Mapping[str, Action]:
        """There are no actions."""
        return {}

    async def all(self) -> Sequence[Object]:
        """Every object."""
        return [{**each, "resource_uri": uri(self.area, self.name, each["id"])} for each in self.objects]

    async def one(self, id_: int) -> Shown:
        """The object with the given id. Raises NotFound."""
        for each in await self.all():
            if each["id"] == id_:
                return Shown(each)
        raise NotFound(f"There is no {self.name} with id {id_}.")


def worker_vms() -> FixedResource:
    """Conferencing nodes. This service has none, but the original's shell lists them to test the sign-in."""
    about = "Conferencing nodes. Always empty, because they belong to the VMR platform."
    return FixedResource(STATUS, "worker_vm", about, {"name": {"type": "string", "readOnly": True}}, [])
