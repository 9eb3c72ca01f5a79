"""`make run`: runs the whole product on this machine until Ctrl-C is pressed.

The functions listen on PORT (7071), the simulated Exchange on EXCHANGE_PORT (7072). Data is kept in DATA_DIR, if set.
EWS=1 adds an integration with an equipment mailbox on an on-premises Exchange server. NODE=1 adds an integration whose
rooms are on a Management Node, simulated on NODE_PORT (7073).
"""

import signal

if __name__ == "__main__":
    # The imports below take half a second. Pressing Ctrl-C during that time should end the program without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import httpx

from dev.azurite import Azurite
from dev.environment import (
    MANAGEMENT,
    NODE_ACCOUNT,
    ONLINE,
    POLICY,
    SERVICE_ACCOUNT,
    Addresses,
    app_settings,
    child_environment,
    seeds,
)
from dev.exchange.visibility import ON_PREMISES
from dev.node_runtime import NodeMissing
from dev.opening_week import OpeningWeek
from dev.processes import Child, StackError, require_free
from dev.proof import Proof

STARTUP_TIMEOUT = 90.0  # how long the servers may take to respond on a busy machine, in seconds
GLANCE = 0.05  # seconds between checks during start-up
REST_GLANCE = 0.5  # seconds between checks of running processes


class Stopped(Exception):
    """The stack has received a signal to stop."""


class Stack:
    """Azurite, the simulated Exchange and the functions, run as child processes."""

    def __init__(self, addresses: Addresses, data_dir: Path | None, working_dir: Path) -> None:
        self.addresses = addresses
        self._children: list[Child] = []
        try:
            self._start(data_dir, working_dir)
        except BaseException:
            self.stop()
            raise

    def _start(self, data_dir: Path | None, working_dir: Path) -> None:
        at = self.addresses
        if at.node:
            self.start_node()
        exchange = child_environment(EXCHANGE_PORT=str(at.exchange_port), FUNCTIONS_URL=at.functions, NODE_URL=at.node)
        self._children.append(Child("The simulated Exchange", [sys.executable, "-m", "dev.exchange"], exchange))
        azurite = Azurite(data_dir and data_dir / "azurite")
        self._children.append(azurite.child)
        settings = app_settings(at, azurite.connection_string, working_dir)
        # The health route stays unavailable until the proof meetings are done. Clients that wait for it could
        # interfere.
        functions = child_environment(PORT=str(at.port), DEV_HELD_ROUTE="/api/health", **settings)
        self._children.append(Child("The functions host", [sys.executable, "-m", "dev.functions"], functions))

    def start_node(self) -> None:
        """Start the Management Node with no rooms and with its clock set to the real time."""
        env = child_environment(NODE_PORT=str(self.addresses.node_port))
        self._node = Child("The Management Node", [sys.executable, "-m", "dev.management_node"], env)
        self._children.append(self._node)

    def kill_node(self) -> None:
        """Stop the Management Node. It loses all its data. Do not call `check` until it has been started again."""
        self._node.stop()
        self._children.remove(self._node)

    def wait_until_up(self, client: httpx.Client) -> None:
        """Wait until all servers respond. Raises StackError."""
        until = time.monotonic() + STARTUP_TIMEOUT
        parts = (self.addresses.node, self.addresses.exchange, self.addresses.functions)
        waiting = [f"{part}/dev/clock" for part in parts if part]
        while waiting:
            self.check()
            if time.monotonic() > until:
                raise StackError(f"{waiting[0]} has not responded within {STARTUP_TIMEOUT:g} s.")
            waiting = [url for url in waiting if not _answers(client, url)]
            time.sleep(GLANCE)

    def check(self) -> None:
        """Raise StackError if a child has exited."""
        for child in self._children:
            if child.exit_code is not None:
                raise StackError(f"{child.name} exited with code {child.exit_code}. See its output above.")

    def wait(self) -> None:
        """Wait until a child exits, and then raise StackError."""
        while True:
            self.check()
            time.sleep(REST_GLANCE)

    def stop(self) -> None:
        """Stop all children, in reverse order."""
        for child in reversed(self._children):
            child.stop()


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False


def main() -> None:
    """Start the stack, check that it works, and keep it running."""
    _end_on_signals()
    try:
        with _directories() as (data_dir, working_dir), ExitStack() as ending:
            stack = Stack(_addresses(), data_dir, working_dir)
            ending.callback(stack.stop)
            with httpx.Client(trust_env=False, timeout=60) as client:
                stack.wait_until_up(client)
                _prove(stack.addresses, client)
            introduce(stack.addresses, data_dir)
            stack.wait()
    except Stopped:
        print("\nThe local stack has stopped.")
    except (StackError, NodeMissing) as error:
        sys.exit(f"make run: {error}")


def _addresses() -> Addresses:
    ports = {"PORT": _port("PORT", 7071), "EXCHANGE_PORT": _port("EXCHANGE_PORT", 7072)}
    if any(seed.on_node for seed in seeds(os.environ)):
        ports["NODE_PORT"] = _port("NODE_PORT", 7073)
    if len(set(ports.values())) < len(ports):
        raise StackError(f"{', '.join(list(ports)[:-1])} and {list(ports)[-1]} must be different ports.")
    for name, port in ports.items():
        require_free(port, name)
    return Addresses(*ports.values())


def _port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise StackError(f"{variable} must be a port from 1 to 65535, not {text!r}.")
    return int(text)


@contextmanager
def _directories() -> Iterator[tuple[Path | None, Path]]:
    """The folder for persistent data (None without DATA_DIR), and a folder for files needed while the stack runs."""
    if kept := os.environ.get("DATA_DIR"):
        data_dir = Path(kept).resolve()
        data_dir.mkdir(parents=True, exist_ok=True)
        yield data_dir, data_dir
    else:
        with tempfile.TemporaryDirectory(prefix="vmr-scheduling-") as temporary:
            yield None, Path(temporary)


def _end_on_signals() -> None:
    # The handlers are set explicitly, because a process started by a shell in the background ignores SIGINT.
    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        signal.signal(number, end)


def _prove(addresses: Addresses, client: httpx.Client) -> None:
    print("A test meeting, end to end:", flush=True)
    # This subscribes to the mailbox's notifications, even if DATA_DIR contains a subscription to an Exchange server
    # that no longer exists. In Azure, a timer does this.
    answer = client.post(f"{addresses.functions}/dev/run/renew")
    if answer.is_error:
        raise StackError(f"the mailbox cannot be watched: {answer.text}")
    for seed in seeds(os.environ):
        if seed.by_ews:
            print("The same through EWS, with an on-premises Exchange server:", flush=True)
            visible = {"visible_update_properties": ON_PREMISES}
            client.patch(f"{addresses.exchange}/dev/mailboxes/{seed.mailbox}", json=visible).raise_for_status()
        if seed.on_node:
            print("The same, with the room on a Management Node:", flush=True)
        Proof(addresses, client, seed).book()
        if not seed.on_node:
            OpeningWeek(addresses, client, seed).make()
    client.post(f"{addresses.functions}/dev/ready").raise_for_status()


def introduce(addresses: Addresses, data_dir: Path | None) -> None:
    """Print all addresses and credentials, the most frequently needed first."""
    rows = {
        "Demo": f"{addresses.functions}/demo (open it in a browser)",
        "Console": f"{addresses.functions}/console as {' / '.join(MANAGEMENT)}",
        "Functions": addresses.functions,
        "Simulated Exchange": f"{addresses.exchange} (Graph: /v1.0, control: /dev)",
        "Integration": f"{ONLINE.uuid}, equipment mailbox {ONLINE.mailbox}",
        **_more(addresses),
        "Management API": f"{addresses.functions}/api/admin/ as {' / '.join(MANAGEMENT)}",
        "External policy": f"{addresses.functions}/policy/v1/service/configuration as {' / '.join(POLICY)}",
        "Data": f"kept in {data_dir}" if data_dir else "in memory (set DATA_DIR to keep it)",
    }
    print("\nThe local stack is running. Press Ctrl-C to stop it.")
    for name, value in rows.items():
        print(f"  {name:<26}{value}", flush=True)


def _more(addresses: Addresses) -> dict[str, str]:
    """Describe every integration except the first, including its special settings."""
    found = {}
    for each in seeds(os.environ):
        if each.by_ews:
            special = f"EWS at {addresses.exchange}/EWS/Exchange.asmx as {' / '.join(SERVICE_ACCOUNT)}"
        elif each.on_node:
            special = f"rooms at {addresses.node} (API: /api/admin, control: /dev) as {' / '.join(NODE_ACCOUNT)}"
        else:
            continue
        found[f"Integration {each.name}"] = f"{each.uuid}, equipment mailbox {each.mailbox}; {special}"
    return found


if __name__ == "__main__":
    main()
