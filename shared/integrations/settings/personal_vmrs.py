"""Personal VMRs: how users sign in, and what is added to their meetings."""

from typing import Annotated, Literal

from shared.integrations.conditions import PERSONAL, PERSONAL_ADFS, PERSONAL_AZURE
from shared.integrations.setting import (
    NullableGuid,
    Secret4096,
    Section,
    ServerUrl,
    Setting,
    Template,
    Text255,
    Url,
    crlf,
)
from shared.secrets import SecretReference

_CHOOSE_ALIAS = """\
{% if domain_aliases %}
    {% set alias = domain_aliases[0] %}
{% elif other_aliases %}
    {% set alias = other_aliases[0] %}
{% else %}
    {% set alias = numeric_aliases[0] %}
{% endif %}
"""

_INSTRUCTIONS = """\
{% if (not allow_guests) and pin %}
    {% set meeting_pin = pin %}
{% elif allow_guests and guest_pin %}
    {% set meeting_pin = guest_pin %}
{% else %}
    {% set meeting_pin = "" %}
{% endif %}
<br>
<div style="font-size:11.0pt; color:#000000; font-family:Calibri,Arial,Helvetica,sans-serif;">
<b>Please join my Pexip Virtual Meeting Room in one of the following ways:</b><br>
<br>
From a VC endpoint or a Skype/Lync client:<br>
{{alias}}<br>
<br>
From a web browser:<br>
<a href="https://{{addin_server_domain}}/webapp/#/?conference={{alias}}">\
https://{{addin_server_domain}}/webapp/#/?conference={{alias}}</a><br>
<br>
From a Pexip Infinity Connect client:<br>
pexip://{{alias}}<br>
<br>
{% if numeric_aliases %}
From a telephone:<br>
[Your number], then {{numeric_aliases[0]}} #<br>
<br>
{% endif %}
{% if meeting_pin %}
Please join using the PIN <b>{{meeting_pin}}</b><br>
<br>
{% endif %}
</div>"""


class Personal(Section):
    """How users sign in, and the text generated from their VMRs."""

    title = "Personal VMR configuration"
    about = "Used when personal VMRs are enabled."
    in_use = PERSONAL

    allow_new_users: Annotated[
        bool,
        Setting(
            "Allow new users",
            "A user record is created when somebody without a record signs in. If off, such users are rejected.",
        ),
    ] = True
    auth_provider: Annotated[
        Literal["ADFS", "AZURE"],
        Setting(
            "Authentication provider",
            "Where users of the add-in sign in.",
            choices={"ADFS": "AD FS", "AZURE": "Microsoft Entra ID (Azure)"},
        ),
    ] = "ADFS"
    personal_vmr_oauth_auth_endpoint: Annotated[
        Url,
        Setting(
            "User OAuth authorization URI",
            "Azure: https://login.microsoftonline.com/<tenant>/oauth2/v2.0/authorize. "
            "AD FS: https://<federation service>/adfs/oauth2/authorize.",
            required=PERSONAL,
        ),
    ] = ""
    personal_vmr_oauth_token_endpoint: Annotated[
        ServerUrl,
        Setting(
            "User OAuth token URI",
            "Azure: https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token. "
            "AD FS: https://<federation service>/adfs/oauth2/token.",
            required=PERSONAL,
        ),
    ] = ""
    personal_vmr_oauth_client_id: Annotated[
        NullableGuid,
        Setting("User OAuth client ID", "Client ID of the application that users sign in to.", required=PERSONAL),
    ] = "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0"
    personal_vmr_adfs_relying_party_trust_identifier: Annotated[
        Text255,
        Setting("AD FS Resource Identifier", "The URL that identifies the resource in AD FS.", required=PERSONAL_ADFS),
    ] = ""
    personal_vmr_oauth_client_secret: Annotated[
        Secret4096,
        Setting(
            "Azure OAuth client secret",
            "Client secret of the application that users sign in to.",
            required=PERSONAL_AZURE,
            secret=True,
        ),
    ] = SecretReference("")
    personal_vmr_instructions_template: Annotated[
        Template,
        Setting(
            "Personal VMR joining instructions template",
            "Produces the joining instructions that are inserted into the meeting's body.",
            required=PERSONAL,
        ),
    ] = crlf(_CHOOSE_ALIAS + _INSTRUCTIONS)
    personal_vmr_location_template: Annotated[
        Template,
        Setting(
            "Personal VMR location template",
            "Produces the meeting's location, a single line of plain text.",
            required=PERSONAL,
        ),
    ] = crlf(_CHOOSE_ALIAS + "https://{{addin_server_domain}}/webapp/#/?conference={{alias}}")
    personal_vmr_name_template: Annotated[
        Template,
        Setting(
            "Personal VMR name template",
            "Produces the text on a VMR's button, preferably a single line.",
            required=PERSONAL,
        ),
    ] = "{{name}}"
    personal_vmr_description_template: Annotated[
        Template,
        Setting(
            "Personal VMR description template",
            "Produces the tooltip of a VMR's button. May be left empty.",
        ),
    ] = "{{description}}"
