"""VMRs in the rows of table `aliases`. A row shows which VMR has claimed an alias or name, and contains its policy
response.

    vmrs       {"<domain>": [<id of the VMR>, <time, ISO>], …}    the domains of one alias; "" for a name
    vmr<id>    {"revision": <of the VMR>, "service": {…}, null}   fields of a policy response; null: on another server

So a request takes only one point read. shared/personal/claims.py writes these columns, and policy.py reads them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from shared.storage import Row, Value, Values

Holders: TypeAlias = Mapping[str, tuple[int, str]]
"""Each VMR's id and the time of its claim, keyed by domain."""


@dataclass(frozen=True)
class Told:
    """The policy response for one revision of a VMR. `service` is None if the VMR is on another server."""

    revision: int
    service: Mapping[str, Any] | None


def holders_in(row: Row) -> Holders:
    """The VMRs that have claimed a row's alias or name."""
    return {slot: (held[0], held[1]) for slot, held in json.loads(str(row.values.get("vmrs", "{}"))).items()}


def held_by(holders: Holders, row: Row | None = None) -> dict[str, Value]:
    """The columns of a row for these holders. Policy responses that `row` already contains for them are kept."""
    names = {_column(id_) for id_, _ in holders.values()}
    kept = {name: value for name, value in row.values.items() if name in names} if row else {}
    return {"vmrs": json.dumps(holders, separators=(",", ":")), **kept}


def told_of(row: Row, vmr: int) -> Told | None:
    """The policy response for a VMR in the row; None if it has not been written yet."""
    column = row.values.get(_column(vmr))
    return Told(**json.loads(str(column))) if column else None


def telling(row: Row, vmr: int, told: Told) -> Values:
    """The row's columns, including the policy response for one of its VMRs."""
    return {**row.values, _column(vmr): json.dumps(vars(told), separators=(",", ":"), ensure_ascii=False)}


def service_at(row: Row, domain: str) -> Mapping[str, Any] | None:
    """The service for the VMR that has a row's alias in this domain, or None."""
    held = holders_in(row).get(domain)
    told = told_of(row, held[0]) if held else None
    return told.service if told else None


def _column(vmr: int) -> str:
    return f"vmr{vmr}"
