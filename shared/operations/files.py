"""Exports in files, and an admin's access to the tables."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from azure.data.tables.aio import TableServiceClient

from shared.azure_storage import AzureTable
from shared.errors import InvalidRequest
from shared.operations.backup import Restored, check_export, export_tables, import_tables
from shared.storage import Tables


class AzureTables:
    """Access to the tables only. Exporting and importing data needs no queue."""

    def __init__(self, service: TableServiceClient) -> None:
        self._service = service

    def table(self, name: str) -> AzureTable:
        """See Storage.table."""
        return AzureTable(self._service.get_table_client(name))


@asynccontextmanager
async def open_tables(where: str) -> AsyncIterator[AzureTables]:
    """The tables at `https://ACCOUNT.table.core.windows.net`, accessed with the az login, or those of the account in a
    connection string.

    The login needs the role Storage Table Data Contributor on the account. Raises InvalidRequest.
    """
    if "TableEndpoint=" in where or "AccountName=" in where:
        async with TableServiceClient.from_connection_string(where) as service:
            yield AzureTables(service)
    elif where.startswith("https://"):
        from azure.identity.aio import AzureCliCredential

        credential: Any = AzureCliCredential()
        async with credential, TableServiceClient(where, credential=credential) as service:
            yield AzureTables(service)
    else:
        raise InvalidRequest("An address like https://ACCOUNT.table.core.windows.net is required.")


async def export_file(tables: Tables, path: Path) -> int:
    """Write an export that only its owner can read, and return the number of rows. The file appears once it is
    complete, so an interrupted export leaves an older file unchanged.
    """
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8", newline="\n") as file:
        rows = -2  # the first and last lines are not rows
        try:
            async for line in export_tables(tables):
                file.write(line + "\n")
                rows += 1
        except BaseException:
            os.unlink(file.name)
            raise
    os.replace(file.name, path)
    return rows


async def import_file(tables: Tables, path: Path) -> Restored:
    """Validate the whole export, then import its rows. Raises DamagedExport."""
    with path.open(encoding="utf-8") as lines:
        check_export(lines)
    with path.open(encoding="utf-8") as lines:
        return await import_tables(tables, lines)
