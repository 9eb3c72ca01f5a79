"""The local stack's initial data: integrations, and its users' personal VMRs."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dev.environment import NODE_ACCOUNT, ONLINE, SERVICE_ACCOUNT, Seed
from dev.provider.registry import ENTRA_APP, ENTRA_SECRET, TENANT
from shared.errors import NotFound, SettingsInvalid
from shared.integrations import IntegrationStore
from shared.personal.store import VmrStore
from shared.personal.vmr import Alias, PersonalVmr

_VMRS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "alice@example.com": {
        "Alice's room": ("alice.adams@example.com", "5550101"),
        "Team Red": ("team.red@example.com",),
    },
    "bob@example.com": {"Bob's room": ("bob.brown@example.com", "5550102")},
}
"""The personal VMRs: owner's address → names with their aliases."""


@dataclass(frozen=True)
class Places:
    """The base URLs of the functions and the simulated Exchange. Its users sign in at the stack's own provider."""

    exchange: str
    functions: str
    node: str = ""
    """The simulated Management Node's base URL, if there is one."""


async def seed(integrations: IntegrationStore, places: Places, seeds: Sequence[Seed] = (ONLINE,)) -> None:
    """Create the integrations. In integrations from an earlier run, update the URLs."""
    for each in seeds:
        addresses = addresses_of(each, places)
        try:
            await integrations.update(each.uuid, addresses)
        except NotFound:
            await integrations.create(settings_of(each) | addresses)


async def seed_vmrs(vmrs: VmrStore, now: datetime) -> None:
    """Create personal VMRs for each user. They belong to all integrations. VMRs from an earlier run are not changed."""
    wanted = [(owner, name, aliases) for owner, own in _VMRS.items() for name, aliases in own.items()]
    known = {vmr.name for vmr in await vmrs.all()}
    missing = [each for each in wanted if each[1] not in known]
    for id_, (owner, name, aliases) in zip(await vmrs.numbers(len(missing)), missing, strict=True) if missing else ():
        vmr = PersonalVmr(
            id=id_,
            name=name,
            description=f"Personal room of {owner}",
            aliases=tuple(Alias(alias=alias, slot=slot) for slot, alias in enumerate(aliases, start=1)),
            primary_owner_email_address=owner,
            created=now.isoformat(),
        )
        with suppress(SettingsInvalid):  # the alias now belongs to another VMR
            await vmrs.create(vmr)


def addresses_of(each: Seed, places: Places) -> dict[str, Any]:
    """The settings that contain the stack's URLs."""
    provider = f"{places.exchange}/{TENANT}/oauth2/v2.0"
    stand_in = {
        "use_custom_add_in_sources": True,
        "office_js_url": f"{places.functions}/demo/office.js",
        "microsoft_fabric_url": f"{places.functions}/demo/fabric.css",
        "microsoft_fabric_components_url": f"{places.functions}/demo/fabric.css",
    }
    return {
        "domains": [{"domain": f"{places.exchange}/autodiscover/metadata/json/1"}],
        "personal_vmr_oauth_auth_endpoint": f"{provider}/authorize",
        "personal_vmr_oauth_token_endpoint": f"{provider}/token",
        **({"url": f"{places.exchange}/EWS/Exchange.asmx"} if each.by_ews else {}),
        **({"bridge_url": places.node} if each.on_node else {}),
        **(stand_in if each.by_demo else {}),
    }


def settings_of(each: Seed) -> dict[str, Any]:
    """An integration's settings, except those that contain the stack's URLs."""
    username, password = SERVICE_ACCOUNT
    ews = {"authentication_method": "NTLM", "username": username, "password": password}
    node = {
        "conference_platform": "management_api",
        "bridge_username": NODE_ACCOUNT[0],
        "bridge_password": NODE_ACCOUNT[1],
    }
    return {
        "uuid": each.uuid,
        "name": each.name,
        **(ews if each.by_ews else {"authentication_method": "GRAPH"}),
        **(node if each.on_node else {}),
        "room_mailbox_name": "Video meeting rooms",
        "room_mailbox_email_address": each.mailbox,
        "scheduled_alias_prefix": each.prefix,
        "scheduled_alias_domain": "example.com",
        # Only Outlook uses this domain, and the local stack does not include Outlook. The pane has a loopback URL.
        "addin_server_domain": "vmr.example.com",
        "enable_personal_vmrs": True,
        "auth_provider": "AZURE",
        "personal_vmr_oauth_client_id": ENTRA_APP,
        "personal_vmr_oauth_client_secret": ENTRA_SECRET,
    }
