"""Proxy, debugging, offline deployments, and the format of answers."""

from typing import Annotated, Literal

from pydantic import Field

from shared.integrations.conditions import CUSTOM_SOURCES
from shared.integrations.setting import Format, Section, Setting, Url

_HOSTED = "https://appsforoffice.microsoft.com/"


class Advanced(Section):
    """Options that most integrations leave unchanged."""

    title = "Advanced options"

    disable_proxy: Annotated[
        bool, Setting("Disable web proxy", "This integration's requests bypass the deployment's web proxy.")
    ] = False
    enable_addin_debug_logs: Annotated[
        bool,
        Setting("Enable add-in debug logs", "Shows all users a log in the add-in's pane. Only for troubleshooting."),
    ] = False
    use_custom_add_in_sources: Annotated[
        bool,
        Setting(
            "Use custom add-in sources",
            "For Outlook clients without internet access: scripts and styles are loaded from the URLs below.",
        ),
    ] = False
    office_js_url: Annotated[
        Url, Setting("Office.js URL", "Where the pane loads Office.js from.", required=CUSTOM_SOURCES)
    ] = _HOSTED + "lib/1/hosted/office.js"
    microsoft_fabric_url: Annotated[
        Url, Setting("Microsoft Fabric CSS URL", "Where the pane loads Fabric from.", required=CUSTOM_SOURCES)
    ] = _HOSTED + "fabric/1.0/fabric.min.css"
    microsoft_fabric_components_url: Annotated[
        Url,
        Setting(
            "Microsoft Fabric Components CSS URL",
            "Where the pane loads Fabric's components from.",
            required=CUSTOM_SOURCES,
        ),
    ] = _HOSTED + "fabric/1.0/fabric.components.min.css"
    additional_add_in_script_sources: Annotated[
        str,
        Field(max_length=4096),
        Format.SCRIPT_URLS,
        Setting(
            "Additional add-in script sources",
            "Additional scripts to load, such as MicrosoftAjax.js. They take precedence over any other URL for the "
            "same file.",
        ),
    ] = ""
    response_format: Annotated[
        Literal["text", "html"],
        Setting(
            "Response format",
            "Only used with GRAPH. text: answers are sent as the comment in Exchange's own response, which drops "
            "formatting. html: answers keep their formatting. Answers through EWS always keep it.",
            choices={"text": "Plain text", "html": "HTML"},
        ),
    ] = "text"
