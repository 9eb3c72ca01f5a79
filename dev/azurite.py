"""Azurite, Microsoft's storage emulator: tables and queues for the local stack and for tests."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.node_runtime import node
from dev.processes import Child, StackError

PROGRAM = Path(__file__).parent / "node" / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
SERVICES = ("Blob", "Queue", "Table")
# Azurite's default account and key, published by Microsoft.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at (http://[\d.:]+)")


class Azurite:
    """An Azurite process on free ports. It keeps its data in `data_dir` or in memory. Raises StackError if it cannot
    start.
    """

    def __init__(self, data_dir: Path | None = None) -> None:
        if not PROGRAM.exists():
            raise StackError("Azurite is not installed: run `make ready`.")
        self.child = Child("Azurite", [*node(), str(PROGRAM), *_arguments(data_dir)], stdout=subprocess.PIPE)
        try:
            self.connection_string = _connection_string(self._wait_for_addresses())
        except BaseException:
            self.stop()
            raise
        # A full pipe would block Azurite, so its output is read for as long as it runs.
        threading.Thread(target=self._drain, daemon=True).start()

    def stop(self) -> None:
        """Stop Azurite."""
        self.child.stop()

    def _wait_for_addresses(self) -> dict[str, str]:
        addresses: dict[str, str] = {}
        lines: list[str] = []
        for line in self.child.output:
            lines.append(line)
            if found := _LISTENING.search(line):
                addresses[found[1]] = found[2]
            if len(addresses) == len(SERVICES):
                return addresses
        raise StackError("Azurite exited before it was listening. Its output:\n" + "".join(lines[-20:]))

    def _drain(self) -> None:
        try:
            for _line in self.child.output:
                continue
        except ValueError:
            return  # stop() closed the pipe


def _arguments(data_dir: Path | None) -> list[str]:
    ports = [text for service in SERVICES for text in (f"--{service.lower()}Port", "0")]
    # By default, Node.js closes idle connections after five seconds, possibly just as a client reuses one.
    keep_alive = [text for service in SERVICES for text in (f"--{service.lower()}KeepAliveTimeout", "3600")]
    where = ["--location", str(data_dir)] if data_dir else ["--inMemoryPersistence"]
    # azure-storage-queue uses a newer API version than Azurite supports (docs/facts/azure-functions.md §E).
    return [*ports, *keep_alive, *where, "--skipApiVersionCheck", "--disableTelemetry", "--silent"]


def _connection_string(addresses: dict[str, str]) -> str:
    endpoints = "".join(f"{service}Endpoint={addresses[service]}/{ACCOUNT};" for service in SERVICES)
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"


@contextmanager
def running_azurite(data_dir: Path | None = None) -> Iterator[str]:
    """Run Azurite while the context is open; yields its connection string."""
    azurite = Azurite(data_dir)
    try:
        yield azurite.connection_string
    finally:
        azurite.stop()
