"""Table `aliases`: who has which alias and which conference name. This module alone builds its keys.

    <alias without domain> / alias  a scheduled room's alias           bookings/booking.py (`claim`)
                                    VMRs' aliases, one per domain      conferences/vmr_rows.py
    other:<digest> / alias          an alias that is not a valid key   conferences/vmr_rows.py
    name:<digest> / name            a scheduled room's name            conferences/names.py
                                    a VMR's name                       conferences/vmr_rows.py

The modules on the right define the columns. A room and a VMR with the same alias or name claim the same row, so that
only one of them gets it. `tests/conformance/test_table_owners.py` enforces all of this.
"""

import hashlib
import re

from shared.storage import ALIASES, Table, Tables

ALIAS_KEY = "alias"
NAME_KEY = "name"

_PARTITION = re.compile(r"[a-z0-9._-]{1,64}")


def aliases_table(tables: Tables) -> Table:
    """Table `aliases`."""
    return tables.table(ALIASES)


def name_partition(name: str) -> str:
    """The partition for a claim on a name, which ignores case."""
    # The colon distinguishes names from digits: an alias's prefix cannot contain one.
    return f"name:{hashlib.sha256(name.casefold().encode()).hexdigest()[:40]}"


def alias_place(name: str, domain: str) -> tuple[str, str]:
    """The partition of an alias and its place among the aliases there.

    An alias that is not a valid key gets its own partition, named after its digest.
    """
    if _PARTITION.fullmatch(name):
        return name, domain
    alias = f"{name}@{domain}" if domain else name
    return f"other:{hashlib.sha256(alias.casefold().encode(errors='replace')).hexdigest()}", ""
