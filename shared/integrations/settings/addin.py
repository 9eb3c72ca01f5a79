"""The contents of the add-in's manifest, and how the add-in authenticates its users."""

from typing import Annotated, Literal

from shared.integrations import conditions as when
from shared.integrations.setting import Fqdn, Line, NullableGuid, Section, ServerUrl, Setting, Url


class AddIn(Section):
    """The texts in the add-in's manifest, and how the add-in authenticates its users."""

    title = "Add-in configuration"

    addin_server_domain: Annotated[
        Fqdn,
        Setting(
            "Add-in server FQDN",
            "The host that serves the add-in. Every Outlook client must be able to reach it and trust its certificate.",
            required=when.ALWAYS,
            manifest=True,
        ),
    ] = ""
    addin_provider_name: Annotated[
        Line, Setting("Add-in provider name", "The organization that provides the add-in.", manifest=True)
    ] = "Pexip"
    addin_display_name: Annotated[Line, Setting("Add-in display name", "The add-in's name.", manifest=True)] = (
        "Pexip Scheduling Service"
    )
    addin_description: Annotated[Line, Setting("Add-in description", "What the add-in does.", manifest=True)] = (
        "Turns meetings into Pexip meetings"
    )
    addin_group_label: Annotated[
        Line, Setting("Add-in group label", "The ribbon group that contains the add-in's button.", manifest=True)
    ] = "Pexip Meeting"
    addin_button_label: Annotated[
        Line, Setting("Add-in button label", "The text on the ribbon button.", manifest=True)
    ] = "Create a Pexip Meeting"
    addin_supertip_title: Annotated[
        Line, Setting("Add-in supertip title", "Heading of the ribbon button's tooltip.", manifest=True)
    ] = "Makes this a Pexip Meeting"
    addin_supertip_description: Annotated[
        Line, Setting("Add-in supertip text", "Text of the ribbon button's tooltip.", manifest=True)
    ] = (
        "Turns this meeting into an audio or video conference hosted in a Pexip VMR. "
        "The meeting is not scheduled until you select Send."
    )
    enable_addin_mobile_command: Annotated[
        bool,
        Setting(
            "Enable add-in in Outlook mobile",
            "Adds a single-use VMR on phones, using the switch that otherwise adds a Teams meeting. Requires Exchange "
            "Online. An admin must have installed the add-in for the users.",
            manifest=True,
        ),
    ] = False
    enable_addin_auto_open: Annotated[
        bool,
        Setting(
            "Offer the add-in in new meetings",
            "Shows a notification bar above the text of every new meeting, with a button that opens the pane. "
            "Requires Exchange Online. An admin must have installed the add-in for the users.",
            manifest=True,
        ),
    ] = False
    addin_authentication_method: Annotated[
        Literal["EXCHANGE_USER_ID_TOKEN", "SSO_TOKEN", "NAA_TOKEN"],
        Setting(
            "Add-in authentication method",
            "How the add-in authenticates its users. EXCHANGE_USER_ID_TOKEN: a token signed by Exchange. NAA_TOKEN: an "
            "Entra token obtained through nested app authentication. SSO_TOKEN: an Entra token obtained through Office "
            "single sign-on. After switching to or from SSO_TOKEN, reinstall the manifest.",
            choices={
                "EXCHANGE_USER_ID_TOKEN": "Exchange user identity token",
                "SSO_TOKEN": "Office single sign-on (Entra)",
                "NAA_TOKEN": "Nested app authentication (Entra)",
            },
        ),
    ] = "EXCHANGE_USER_ID_TOKEN"
    addin_application_id: Annotated[
        NullableGuid,
        Setting(
            "Add-in application ID", "Client ID of the add-in's Entra app registration.", required=when.ENTRA_TOKEN
        ),
    ] = None
    addin_authority_url: Annotated[
        Url,
        Setting("Add-in authority URL", "https://login.microsoftonline.com/<tenant>.", required=when.ENTRA_TOKEN),
    ] = ""
    addin_oidc_metadata_url: Annotated[
        ServerUrl,
        Setting(
            "Add-in OIDC metadata URL",
            "The OpenID Connect metadata document of that app registration's tenant.",
            required=when.ENTRA_TOKEN,
        ),
    ] = ""
    addin_naa_web_api_application_id: Annotated[
        NullableGuid,
        Setting(
            "NAA web API application ID",
            "Client ID of the app registration whose API the add-in requests tokens for.",
            required=when.NAA_TOKEN,
        ),
    ] = None
