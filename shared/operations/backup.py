"""Exports every table as lines of JSON and imports them again, for backups and for moving to another deployment.

    {"export":1,"version":"0.1.0"}
    {"table":"meetings","partition":"1111…","key":"tag:2222…","values":{"alias":"meet123456@example.com",…}}
    …
    {"rows":1234}

Secrets are not included: tables contain references into the secret store, never values. Subscriptions are left out as
well. They belong to the URL of the app that created them, so another app must create its own. The lists of records are
also left out, because an import rebuilds them from the records.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from shared import __version__
from shared.bookings.rows import LISTS_PARTITION
from shared.errors import InvalidRequest
from shared.intake.watch_state import is_subscription
from shared.integrations.table import count_again
from shared.record_lists.building import build_again
from shared.storage import MEETINGS, TABLES, Insert, Row, RowExists, Tables, check_transaction

FORMAT = 1
IMPORT_CONCURRENCY = 32
"""How many rows are written concurrently. This is as many as a storage partition accepts without delay."""


class DamagedExport(InvalidRequest):
    """A file is not a complete export. The message gives the line."""

    code = "damaged_export"


class _Line(BaseModel):
    """A row in an export."""

    model_config = ConfigDict(extra="forbid", strict=True)

    table: str
    partition: str
    key: str
    values: dict[str, str | bool | int]


@dataclass(frozen=True)
class Restored:
    """How many rows were written, and how many already existed and were left unchanged."""

    written: int
    kept: int


async def export_tables(tables: Tables) -> AsyncIterator[str]:
    """The lines of an export, without line endings. A row that changes during the export may be included in either
    state.
    """
    yield _json({"export": FORMAT, "version": __version__})
    count = 0
    for table in TABLES:
        async for row in tables.table(table).everything():
            if not (_is_subscription(table, row) or _is_listed(table, row)):
                count += 1
                yield _json({"table": table, "partition": row.partition, "key": row.key, "values": dict(row.values)})
    yield _json({"rows": count})


def check_export(lines: Iterable[str]) -> int:
    """The number of rows in an export. Raises DamagedExport if any part of it is unusable or if its end is missing.
    Call this before `import_tables`, so that a damaged file changes nothing.
    """
    return sum(1 for _ in _rows(lines))


async def import_tables(tables: Tables, lines: Iterable[str]) -> Restored:
    """Write the rows of an export that do not exist yet. Existing rows are newer than the export and are kept, so an
    interrupted import can simply be run again. Raises DamagedExport.
    """
    rows, written, kept = _rows(lines), 0, 0
    while batch := list(islice(rows, IMPORT_CONCURRENCY)):
        done = await asyncio.gather(*(_insert(tables, line) for line in batch))
        written += sum(done)
        kept += len(done) - sum(done)
    await count_again(tables)
    await build_again(tables)
    return Restored(written, kept)


async def _insert(tables: Tables, line: _Line) -> bool:
    try:
        await tables.table(line.table).commit(line.partition, Insert(line.key, line.values))
    except RowExists:
        return False
    return True


def _is_subscription(table: str, row: Row) -> bool:
    return table == MEETINGS and is_subscription(row)


def _is_listed(table: str, row: Row) -> bool:
    return table == MEETINGS and row.partition == LISTS_PARTITION


def _rows(lines: Iterable[str]) -> Iterator[_Line]:
    """The rows of an export, one by one."""
    numbered = enumerate((line for line in lines if line.strip()), 1)
    _check_header(next(numbered, (1, "{}"))[1])
    count = 0
    for number, line in numbered:
        fields = _parse(number, line)
        if "rows" in fields:
            if fields["rows"] != count or next(numbered, None):
                promised = fields["rows"]
                raise DamagedExport(f"Line {number} ends an export of {promised} rows; it should be {count}.")
            return
        count += 1
        yield _row(number, fields)
    raise DamagedExport(f"The export stops after {count} rows, without its last line. Create it again.")


def _check_header(line: str) -> None:
    header = _parse(1, line)
    if "export" not in header:
        raise DamagedExport("Line 1 is not the beginning of an export.")
    if header["export"] != FORMAT:
        raise DamagedExport(f"This export has format {header['export']}; this version reads format {FORMAT}.")


def _parse(number: int, line: str) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise DamagedExport(f"Line {number} is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise DamagedExport(f"Line {number} is not a JSON object.")
    return fields


def _row(number: int, fields: dict[str, Any]) -> _Line:
    try:
        line = _Line.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedExport(f"Line {number} is not a row: {where}: {first['msg']}.") from error
    if line.table not in TABLES:
        raise DamagedExport(f"Line {number} belongs to table {line.table}, which this version does not have.")
    try:
        check_transaction(line.partition, [Insert(line.key, line.values)])
    except ValueError as error:
        raise DamagedExport(f"Line {number} cannot be a row: {error}.") from error
    return line


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
