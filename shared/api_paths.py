"""Builds all paths of the management API, for the server, its clients and messages that mention them."""

import re

API_ROOT = "/api/admin"
CONFIGURATION = "configuration"
STATUS = "status"
HISTORY = "history"
COMMAND = "command"
"""The areas of the management API."""

CONNECTOR = "ms_exchange_connector"
"""The resource for integrations, under the name that admins' tools use."""

_ID = re.compile(r"[0-9]{1,18}")
_OBJECT = re.compile(rf"{API_ROOT}/([a-z]+)/v1/([a-z][a-z0-9_]*)/([0-9]{{1,18}})/")


def uri(area: str, name: str, id_: int | None = None) -> str:
    """The URI of a resource's list, or of one object."""
    return f"{API_ROOT}/{area}/v1/{name}/" + (f"{id_}/" if id_ is not None else "")


def object_at(path: str) -> tuple[str, str, int] | None:
    """The area, the resource and the id in an object's URI; None for anything else."""
    found = _OBJECT.fullmatch(path)
    return (found[1], found[2], int(found[3])) if found else None


def id_in(reference: object, area: str, name: str) -> int | None:
    """The id in an object's URI (with or without a host, as clients send it back); None for anything else."""
    if not isinstance(reference, str):
        return None
    _, found, rest = reference.partition(uri(area, name))
    number = rest.removesuffix("/")
    return int(number) if found and _ID.fullmatch(number) else None
