"""Shows a VMR and its aliases as `conference` and `conference_alias`, and parses these objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.api_paths import CONFIGURATION, id_in, uri
from shared.clock import Clock
from shared.conferences.pins import pin_faults
from shared.errors import SettingsInvalid
from shared.integrations.references import is_uri, path_in
from shared.management.directory import properties
from shared.management.relations import Relations
from shared.management.resource import Object, Schema, time_text
from shared.personal.field_table import ALIAS_FIELDS, CONFERENCE_FIELDS
from shared.personal.fields import normal, validated
from shared.personal.vmr import ATTRIBUTES, MAX_ALIASES, Alias, PersonalVmr

CONFERENCE = "conference"
ALIAS = "conference_alias"
ALIASES_PER_VMR = 32
"""An alias's id is its VMR's id times this number, plus its slot. An alias can be found by its id alone."""

OWN_FIELD = "exchange_connector"
"""The integration to which a VMR belongs. The original does not have this field."""

ALIAS_SCHEMA: Schema = {"type": "object", "properties": properties(ALIAS_FIELDS), "required": ALIAS_FIELDS.required}
_CONFERENCE = properties(CONFERENCE_FIELDS)
CONFERENCE_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        **_CONFERENCE,
        "aliases": {**_CONFERENCE["aliases"], "type": "array", "maxItems": MAX_ALIASES},
        OWN_FIELD: {"type": ["string", "null"], "format": "uri-reference"},
        "is_open": {"type": "boolean", "readOnly": True},
    },
    "required": CONFERENCE_FIELDS.required,
}
"""The fields of a `conference`, including our own additions."""

_ADDED = CONFERENCE_SCHEMA["properties"].keys() - CONFERENCE_FIELDS.fields.keys()
_AS_OBJECTS = frozenset(name for name, each in CONFERENCE_FIELDS.fields.items() if each.is_shown_as_object)


class VmrForm:
    """A Form for personal VMRs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def show(self, record: PersonalVmr, relations: Relations) -> Object:
        """See Form.show."""
        return {
            **shown_fields(record.fields, record.names),
            "id": record.id,
            "aliases": [alias_object(record, entry) for entry in record.aliases],
            OWN_FIELD: relations.uri(record.integration),
            "creation_time": time_text(datetime.fromisoformat(record.created)),
            "scheduled_conferences": [],
            "scheduled_conferences_count": 0,
            "is_open": True,
            "resource_uri": uri(CONFIGURATION, CONFERENCE, record.id),
        }

    def version(self, record: PersonalVmr) -> str:
        """See Form.version."""
        return str(record.revision)

    def understand(self, fields: Object, before: PersonalVmr | None, id_: int, relations: Relations) -> PersonalVmr:
        """See Form.understand."""
        now = self._clock.now().isoformat()
        theirs = {name: _taken_back(name, value) for name, value in fields.items() if name not in _ADDED}
        values = CONFERENCE_FIELDS.taken(theirs, new=before is None)
        aliases = values.pop("aliases", None)
        chosen = {**(before.settings if before else {}), **{n: v for n, v in values.items() if n not in ATTRIBUTES}}
        changes: dict[str, Any] = {name: value for name, value in values.items() if name in ATTRIBUTES}
        changes |= _settings(chosen, before.names if before else {}, relations)
        if OWN_FIELD in fields:
            changes["integration"] = relations.uuid(fields[OWN_FIELD])
        if aliases is not None:  # the original's clients send null to leave the aliases unchanged
            changes["aliases"] = _aliases(aliases, before.aliases if before else (), id_, now)
        start = before.model_dump() if before else {"id": id_, "created": now}
        vmr = validated(PersonalVmr, start | changes)
        faults = pin_faults(vmr.pin, vmr.guest_pin, allow_guests=vmr.allow_guests)
        if faults:
            raise SettingsInvalid(faults)
        return vmr


def shown_fields(fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A conference's fields as shown. `names` contains the names of objects, keyed by the path in their URI."""
    return {name: _as_object(value, names) if name in _AS_OBJECTS else value for name, value in fields.items()}


def _as_object(value: Any, names: Mapping[str, str]) -> Any:
    """A reference, or a list of references, as objects. They have an id if the reference is a URI, and a name if it is
    known.
    """
    if isinstance(value, list):
        return [_as_object(each, names) for each in value]
    if value is None:
        return None
    path = path_in(value)
    id_ = int(path.rstrip("/").rpartition("/")[2]) if path else None
    return {"id": id_, "name": names.get(path, "") if path else value, "resource_uri": path or None}


def _taken_back(name: str, value: Any) -> Any:
    """The value that was sent for a field. A reference sent as an object becomes a string."""
    return reference_in(value) if name in _AS_OBJECTS else value


def reference_in(value: Any) -> Any:
    """The URI or name of a reference, or of each reference in a list. Any other value is returned as it is."""
    match value:
        case [*entries]:
            return [reference_in(each) for each in entries]
        case {"resource_uri": str(path)}:
            return path
        case {"name": str(name)}:
            return name
    return value


def _settings(chosen: Mapping[str, Any], before: Mapping[str, str], relations: Relations) -> dict[str, Any]:
    """`settings` and `names` of a VMR with these values. Raises SettingsInvalid for unresolvable references."""
    names, faults = dict[str, str](), dict[str, list[str]]()
    for field, resource in CONFERENCE_FIELDS.references.items():
        value = chosen.get(field)
        if not is_uri(value):
            continue
        try:
            path, name = relations.name(resource, str(value), before)
        except ValueError as wrong:
            faults[field] = [str(wrong)]
        else:
            names[path] = name
    if faults:
        raise SettingsInvalid(faults)
    differing = {name: value for name, value in chosen.items() if value != CONFERENCE_FIELDS.default(name)}
    return {"settings": differing, "names": names}


def alias_object(vmr: PersonalVmr, entry: Alias) -> dict[str, Any]:
    """A VMR's alias as shown by `conference_alias`."""
    id_ = vmr.id * ALIASES_PER_VMR + entry.slot
    return {
        "id": id_,
        **{name: getattr(entry, name) for name in ("alias", "description", "view_order")},
        "conference": uri(CONFIGURATION, CONFERENCE, vmr.id),
        "creation_time": time_text(datetime.fromisoformat(entry.created or vmr.created)),
        "resource_uri": uri(CONFIGURATION, ALIAS, id_),
    }


def place(alias_id: int) -> tuple[int, int]:
    """The VMR's id and the slot, from an alias's id."""
    return divmod(alias_id, ALIASES_PER_VMR)


def free_slot(taken: Iterable[int]) -> int:
    """The slot for an additional alias. Raises SettingsInvalid if the VMR already has the maximum number of aliases."""
    free = set(range(1, MAX_ALIASES + 1)) - set(taken)
    if not free:
        raise SettingsInvalid({"aliases": [f"A conference can have at most {MAX_ALIASES} aliases."]})
    return min(free)


def _aliases(given: Any, before: Sequence[Alias], vmr: int, now: str) -> list[dict[str, Any]]:
    """The entries in `aliases`, in stored form. They may be strings, objects, or URIs of aliases that the VMR already
    has.
    """
    if not isinstance(given, list):
        raise SettingsInvalid({"aliases": ["Must be a list."]})
    if len(given) > MAX_ALIASES:
        raise SettingsInvalid({"aliases": [f"A conference can have at most {MAX_ALIASES} aliases."]})
    chosen = [_alias(entry, before, vmr, _placed(number)) for number, entry in enumerate(given)]
    taken = {entry["slot"] for entry in chosen if "slot" in entry}
    for entry in chosen:
        if "slot" not in entry:
            entry |= {"slot": free_slot(taken), "created": now}
            taken.add(entry["slot"])
    return chosen


_Placed = Callable[[SettingsInvalid], SettingsInvalid]


def _placed(number: int) -> _Placed:
    """Reports problems with an alias under its position in the list."""
    return lambda wrong: SettingsInvalid({f"aliases.{number}.{field}": texts for field, texts in wrong.faults.items()})


def _alias(entry: Any, before: Sequence[Alias], vmr: int, placed: _Placed) -> dict[str, Any]:
    """One entry in `aliases` in stored form, with its slot if the VMR already has that alias."""
    reference = entry.get("resource_uri") if isinstance(entry, dict) else entry
    id_ = id_in(reference, CONFIGURATION, ALIAS)
    sent = {"alias": entry} if isinstance(entry, str) and id_ is None else entry
    fields = {name: sent[name] for name in _ALIAS_OWN if name in sent} if isinstance(sent, dict) else {}
    wanted = normal(str(fields.get("alias", "")))
    known = next((a for a in before if (vmr, a.slot) == place(id_ or 0) or normal(a.alias) == wanted), None)
    if known is None and not fields:
        raise SettingsInvalid(
            {"aliases": ['Must contain strings, objects such as {"alias": "alice"}, or URIs of its own aliases.']}
        )
    try:
        taken = ALIAS_FIELDS.taken(fields, new=False)
    except SettingsInvalid as wrong:
        raise placed(wrong) from wrong
    return {**(known.model_dump() if known else {}), **taken}


_ALIAS_OWN = ("alias", "description", "view_order")
"""The fields of an alias in a VMR's `aliases`."""
