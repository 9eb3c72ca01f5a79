"""Conditions under which settings are required (I3), as data: field, operator and values, joined by and/or. The text
for admins, the check on save, docs/settings.md and the JSON schema are all derived from the same data. Settings refer
to these conditions, and so do rejected combinations of settings (`combinations.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]


class Operator(Enum):
    """How a field is compared. Each member's value is the operator's text."""

    IS = "is"
    IS_NOT = "is not"
    IS_SET = "is set"
    IS_EMPTY = "is empty"


@dataclass(frozen=True)
class Comparison:
    """One field compared with a list of values, any of which may match. IS_SET and IS_EMPTY have no values, and null
    counts as empty.
    """

    field: str
    operator: Operator
    values: tuple[str | bool, ...] = ()

    def holds(self, record: object) -> bool:
        """Whether the condition holds for a record that has the field as an attribute."""
        return self._is_met_by(getattr(record, self.field))

    def text(self, mark: str = "") -> str:
        """The text that completes "Required when …". `mark`, such as a backtick, surrounds names and values."""
        shown = [f"{mark}{json.dumps(value) if isinstance(value, bool) else value}{mark}" for value in self.values]
        choice = " or ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)
        return f"{mark}{self.field}{mark} {self.operator.value} {choice}".rstrip()

    def schema(self, defaults: Mapping[str, object]) -> Schema:
        """The JSON schema of objects for which the condition holds. An omitted field has its default."""
        allowed: dict[Operator, Schema] = {
            Operator.IS: {"enum": list(self.values)},
            Operator.IS_NOT: {"not": {"enum": list(self.values)}},
            Operator.IS_SET: {"type": "string", "minLength": 1},
            Operator.IS_EMPTY: {"maxLength": 0},
        }
        needed = {} if self._is_met_by(defaults[self.field]) else {"required": [self.field]}
        return {"properties": {self.field: allowed[self.operator]}, **needed}

    def data(self) -> Schema:
        """The condition as JSON, for forms: {"field": …, "operator": "is", "values": […]}."""
        return {"field": self.field, "operator": self.operator.value, "values": list(self.values)}

    def comparisons(self) -> Iterator[Comparison]:
        """The condition itself, as its only part."""
        yield self

    def _is_met_by(self, value: object) -> bool:
        match self.operator:
            case Operator.IS:
                return value in self.values
            case Operator.IS_NOT:
                return value not in self.values
            case Operator.IS_SET:
                return bool(value)
            case Operator.IS_EMPTY:
                return not value


@dataclass(frozen=True)
class _Joined:
    parts: tuple[Condition, ...]

    def comparisons(self) -> Iterator[Comparison]:
        """All parts of the condition."""
        for part in self.parts:
            yield from part.comparisons()


class AllOf(_Joined):
    """Conditions joined by "and". With no parts, it always holds."""

    def holds(self, record: object) -> bool:
        """Whether every part holds."""
        return all(part.holds(record) for part in self.parts)

    def text(self, mark: str = "") -> str:
        """The parts joined by "and", after a comma if a part contains an "or"."""
        texts = [part.text(mark) for part in self.parts]
        joint = ", and " if any(isinstance(part, AnyOf) for part in self.parts) else " and "
        return joint.join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part) or "always"

    def data(self) -> Schema:
        """The condition as JSON: {"all": […]}. An empty list means "always"."""
        return {"all": [part.data() for part in self.parts]}

    def schema(self, defaults: Mapping[str, object]) -> Schema:
        """The JSON schema of objects for which every part holds."""
        return {"allOf": [part.schema(defaults) for part in self.parts]}


class AnyOf(_Joined):
    """Or."""

    def holds(self, record: object) -> bool:
        """Whether any part holds."""
        return any(part.holds(record) for part in self.parts)

    def text(self, mark: str = "") -> str:
        """The parts joined by "or"."""
        return " or ".join(part.text(mark) for part in self.parts)

    def data(self) -> Schema:
        """As JSON: {"any": […]}."""
        return {"any": [part.data() for part in self.parts]}

    def schema(self, defaults: Mapping[str, object]) -> Schema:
        """The JSON schema of objects for which any part holds."""
        return {"anyOf": [part.schema(defaults) for part in self.parts]}


Condition: TypeAlias = Comparison | AllOf | AnyOf


def _is(field: str, *values: str | bool) -> Comparison:
    return Comparison(field, Operator.IS, values)


def _is_set(field: str) -> Comparison:
    return Comparison(field, Operator.IS_SET)


def _all(*parts: Condition) -> AllOf:
    """Conditions joined by "and". Nested `AllOf` parts are merged."""
    return AllOf(tuple(inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,))))


def _by(*methods: str) -> AllOf:
    return _all(SINGLE_USE, _is("authentication_method", *methods))


ALWAYS = _all()
SINGLE_USE = _is("enable_dynamic_vmrs", True)
PERSONAL = _is("enable_personal_vmrs", True)
PERSONAL_ADFS = _all(PERSONAL, _is("auth_provider", "ADFS"))
PERSONAL_AZURE = _all(PERSONAL, _is("auth_provider", "AZURE"))
EWS = _all(SINGLE_USE, Comparison("authentication_method", Operator.IS_NOT, ("GRAPH", "APP_PERM")))
EWS_ACCOUNT = _by("BASIC", "NTLM", "KERBEROS", "OAUTH")
EWS_PASSWORD = _by("BASIC", "NTLM", "KERBEROS")
OAUTH = _by("OAUTH")
OAUTH_OR_APP = _by("OAUTH", "APP_PERM")
APP_PERMISSION = _by("APP_PERM")
NTLM = _by("NTLM")
KERBEROS = _by("KERBEROS")
KERBEROS_TLS = _all(KERBEROS, _is("kerberos_enable_tls", True))
_GRAPH = _is("authentication_method", "GRAPH")
GRAPH_TENANT = _all(_GRAPH, _is_set("graph_tenant_id"))
GRAPH_CLIENT = _all(_GRAPH, _is_set("graph_client_id"))
POLICY = _all(SINGLE_USE, _is("conference_platform", "policy"))
MANAGEMENT_API = _is("conference_platform", "management_api")
_NO_BRIDGE_CLIENT = Comparison("bridge_client_id", Operator.IS_EMPTY)
MANAGEMENT_API_USER = _all(MANAGEMENT_API, _NO_BRIDGE_CLIENT)
MANAGEMENT_API_BASIC = _all(MANAGEMENT_API, _is_set("bridge_username"), _NO_BRIDGE_CLIENT)
MANAGEMENT_API_OAUTH = _all(MANAGEMENT_API, _is_set("bridge_client_id"))
CUSTOM_SOURCES = _is("use_custom_add_in_sources", True)
_ANY_VMRS = AnyOf((SINGLE_USE, PERSONAL))
EXCHANGE_TOKEN = _all(_ANY_VMRS, _is("addin_authentication_method", "EXCHANGE_USER_ID_TOKEN"))
ENTRA_TOKEN = _all(_ANY_VMRS, _is("addin_authentication_method", "SSO_TOKEN", "NAA_TOKEN"))
NAA_TOKEN = _all(_ANY_VMRS, _is("addin_authentication_method", "NAA_TOKEN"))
