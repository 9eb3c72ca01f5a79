"""The configuration of the local stack: app settings, integrations, and credentials that are only valid there."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.identity.passwords import hash_password

MANAGEMENT = ("admin", "local-admin")
POLICY = ("policy", "local-policy")


@dataclass(frozen=True)
class Seed:
    """An integration that the stack starts with. `exchange` is the display name of its Exchange.

    `on_node` says whether its rooms are on the simulated Management Node.
    """

    uuid: str
    name: str
    mailbox: str
    prefix: str
    exchange: str
    by_ews: bool = False
    on_node: bool = False
    by_demo: bool = False
    """Whether only the demo page embeds the pane. The pane then uses the page's replacement for Office.js."""


ONLINE = Seed(
    "11111111-1111-4111-8111-111111111111", "Local stack", "vmr@example.com", "meet", "Exchange Online (Graph)"
)
ON_PREMISES = Seed(
    "22222222-2222-4222-8222-222222222222",
    "On-premises",
    "vmr-ews@example.com",
    "room",
    "Exchange on-premises (EWS)",
    by_ews=True,
    by_demo=True,
)
ON_NODE = Seed(
    "33333333-3333-4333-8333-333333333333",
    "On a node",
    "vmr-node@example.com",
    "77",
    "Rooms on a Management Node",
    on_node=True,
    by_demo=True,
)
NODE_ACCOUNT = ("admin", "local-node")
DEMO = Seed(
    "44444444-4444-4444-8444-444444444444", "Demo", "rooms@example.com", "88", "Exchange Online (Graph)", by_demo=True
)
"""The demo page's own integration. It is created when the page is first opened."""

INTEGRATION, MAILBOX = ONLINE.uuid, ONLINE.mailbox
SERVICE_ACCOUNT = ("svc-vmr@example.com", "local-ews")


def seeds(environ: Mapping[str, str]) -> tuple[Seed, ...]:
    """The integrations that the stack starts with. EWS=1 adds the on-premises integration, and NODE=1 the integration
    with rooms on a node.
    """
    more = {"EWS": ON_PREMISES, "NODE": ON_NODE}
    return (ONLINE, *(each for switch, each in more.items() if environ.get(switch) == "1"))


@dataclass(frozen=True)
class Addresses:
    """The ports on which the stack listens. `node_port` is 0 if there is no Management Node."""

    port: int
    exchange_port: int
    node_port: int = 0

    @property
    def functions(self) -> str:
        """The product's base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def exchange(self) -> str:
        """The simulated Exchange's base URL."""
        return f"http://127.0.0.1:{self.exchange_port}"

    @property
    def node(self) -> str:
        """The simulated Management Node's base URL, or "" if the stack has no node."""
        return f"http://127.0.0.1:{self.node_port}" if self.node_port else ""


def app_settings(addresses: Addresses, connection_string: str, data_dir: Path) -> dict[str, str]:
    """The app settings for the functions. The passwords and keys are only valid in this stack."""
    return {
        "SchedulingStorage": connection_string,
        "PUBLIC_BASE_URL": addresses.functions,
        "GRAPH_BASE_URL": f"{addresses.exchange}/v1.0",
        "NODE_URL": addresses.node,
        "SECRETS_FILE": str(data_dir / "secrets.json"),
        "TAG_SIGNING_KEY": _signing_key(data_dir / "tag-signing-key"),
        "POLICY_USERNAME": POLICY[0],
        "POLICY_PASSWORD_HASH": hash_password(POLICY[1]),
        "MANAGEMENT_USERNAME": MANAGEMENT[0],
        "MANAGEMENT_PASSWORD_HASH": hash_password(MANAGEMENT[1]),
    }


def child_environment(**more: str) -> dict[str, str]:
    """The environment for a child process. Parts of the stack must not use a web proxy to reach each other."""
    direct = ",".join(filter(None, ("127.0.0.1,localhost", os.environ.get("NO_PROXY"), os.environ.get("no_proxy"))))
    return {**os.environ, "NO_PROXY": direct, "no_proxy": direct, "PYTHONUNBUFFERED": "1", **more}


def _signing_key(file: Path) -> str:
    """The signing key from the file, which is created if necessary. Tags from earlier runs with the same data stay
    valid.
    """
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()
