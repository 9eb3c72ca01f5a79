"""The Management Node of the VMR platform."""

from typing import Annotated

from shared.integrations.conditions import (
    MANAGEMENT_API,
    MANAGEMENT_API_BASIC,
    MANAGEMENT_API_OAUTH,
    MANAGEMENT_API_USER,
)
from shared.integrations.setting import Secret100, Secret4096, Section, ServerUrl, Setting, Text255
from shared.secrets import SecretReference


class Bridge(Section):
    """The Management Node's address, and how this service signs in to it."""

    title = "Management Node"
    about = "Used when the conference platform is management_api. Either a user name or a client ID is required."
    in_use = MANAGEMENT_API

    bridge_url: Annotated[
        ServerUrl,
        Setting(
            "Management Node URL",
            "Base URL of the Pexip Infinity Management Node, such as https://manager.example.com.",
            required=MANAGEMENT_API,
        ),
    ] = ""
    bridge_username: Annotated[
        Text255,
        Setting(
            "Management Node username",
            "For HTTP Basic: an account that may read conferences. Ignored if a client ID is set.",
            required=MANAGEMENT_API_USER,
        ),
    ] = ""
    bridge_password: Annotated[
        Secret100,
        Setting(
            "Management Node password",
            "The password of the account on the Management Node.",
            required=MANAGEMENT_API_BASIC,
            secret=True,
        ),
    ] = SecretReference("")
    bridge_client_id: Annotated[
        Text255,
        Setting("Management Node OAuth client ID", "For OAuth 2.0: the client's ID on the Management Node."),
    ] = ""
    bridge_private_key: Annotated[
        Secret4096,
        Setting(
            "Management Node OAuth private key",
            "The client's private key (P-256, PEM), used to sign assertions (ES256).",
            required=MANAGEMENT_API_OAUTH,
            secret=True,
        ),
    ] = SecretReference("")
