"""Azurite, run as in the local stack."""

import asyncio
from pathlib import Path

import pytest
from azure.data.tables.aio import TableServiceClient

import dev.azurite
from dev.azurite import running_azurite
from dev.processes import StackError


async def test_data_survives_a_restart_of_azurite_if_a_folder_is_given(tmp_path: Path) -> None:
    with running_azurite(tmp_path) as connection_string:
        async with TableServiceClient.from_connection_string(connection_string) as service:
            table = await service.create_table("kept")
            await table.create_entity({"PartitionKey": "p", "RowKey": "r", "Value": 7})
    with running_azurite(tmp_path) as connection_string:
        async with TableServiceClient.from_connection_string(connection_string) as service:
            entity = await service.get_table_client("kept").get_entity("p", "r")
    assert entity["Value"] == 7


async def test_a_connection_may_be_idle_for_longer_than_nodes_default_of_five_seconds(azurite: str) -> None:
    """With Node's default, an idle connection could be closed just as a client reuses it."""
    endpoint = next(part for part in azurite.split(";") if part.startswith("TableEndpoint="))
    host, port = endpoint.partition("//")[2].partition("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    writer.close()
    await writer.wait_closed()
    assert "keep-alive: timeout=3600" in head


def test_a_failed_start_of_azurite_is_reported(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(StackError, match="Azurite exited before it was listening"), running_azurite(blocked):
        pytest.fail("it started")


def test_a_missing_azurite_is_reported_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.azurite, "PROGRAM", tmp_path / "nothing.js")
    with pytest.raises(StackError, match="make ready"), running_azurite():
        pytest.fail("it started")
