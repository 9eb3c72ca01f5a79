"""The texts for single-use VMRs that users receive by e-mail."""

from typing import Annotated

from shared.integrations.conditions import SINGLE_USE
from shared.integrations.setting import Section, Setting, Template, crlf


def _body(lines: str) -> str:
    style = "font-size:11.0pt; color:#000000; font-family:Calibri,Arial,Helvetica,sans-serif;"
    return crlf(f'<div style="{style}">\n{lines}</div>')


_INSTRUCTIONS = crlf("<br>\n") + _body("""\
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
From a telephone:<br>
[Your number], then {{numeric_alias}} #<br>
<br>
{{alias_uuid}}<br>
""")


class EmailText(Section):
    """The joining instructions and the answers to organizers. All of them may be HTML."""

    title = "Single-use VMR email text"
    about = "Used when single-use VMRs are enabled. Every HTML tag must be closed."
    in_use = SINGLE_USE

    meeting_instructions_template: Annotated[
        Template,
        Setting(
            "Single-use VMR joining instructions template",
            "Produces the joining instructions that are inserted into the meeting's body. Must contain "
            "`{{alias_uuid}}`, which inserts the security tag.",
            required=SINGLE_USE,
        ),
    ] = _INSTRUCTIONS
    placeholder_instructions_template: Annotated[
        Template,
        Setting(
            "Placeholder instructions text",
            "Inserted into the meeting's body if no alias is available. The joining instructions follow by e-mail.",
            required=SINGLE_USE,
        ),
    ] = _body("""\
This meeting will be hosted in a Virtual Meeting Room. Joining instructions will be<br>
sent to you soon in a separate email.<br>
""")
    accept_new_single_meeting_template: Annotated[
        Template,
        Setting("Accept new single meeting template", "Answer to a new meeting.", required=SINGLE_USE),
    ] = _body("""\
This meeting has been successfully scheduled using the aliases: {{alias}} and {{numeric_alias}}.<br>
""")
    accept_edited_single_meeting_template: Annotated[
        Template,
        Setting("Accept edited single meeting template", "Answer to a changed meeting.", required=SINGLE_USE),
    ] = _body("""\
This meeting has been successfully rescheduled using the aliases: {{alias}} and {{numeric_alias}}.<br>
""")
    accept_new_recurring_series_template: Annotated[
        Template,
        Setting("Accept new recurring meeting template", "Answer to a new series.", required=SINGLE_USE),
    ] = _body("""\
This recurring meeting series has been successfully scheduled.<br>
All meetings in this series will use the aliases: {{alias}} and {{numeric_alias}}.<br>
""")
    accept_edited_occurrence_template: Annotated[
        Template,
        Setting(
            "Accept edited occurrence template", "Answer to a changed occurrence in a series.", required=SINGLE_USE
        ),
    ] = _body("""\
This meeting occurrence in a recurring series has been successfully rescheduled using the aliases: \
{{alias}} and {{numeric_alias}}.<br>
""")
    accept_edited_recurring_series_template: Annotated[
        Template,
        Setting("Accept edited recurring meeting template", "Answer to a changed series.", required=SINGLE_USE),
    ] = _body("""\
This recurring meeting series has been successfully rescheduled.<br>
All meetings in this series will use the aliases: {{alias}} and {{numeric_alias}}.<br>
""")
    reject_invalid_alias_id_template: Annotated[
        Template,
        Setting(
            "Reject invalid alias ID text",
            "Answer to a meeting without a tag, or with an unknown one.",
            required=SINGLE_USE,
        ),
    ] = _body("""\
This meeting request does not contain currently valid scheduling data, and therefore cannot be processed.<br>
Please use the add-in to create a new meeting request, without editing any of the content that is inserted \
by the add-in.<br>
If this issue continues, please contact your system administrator.<br>
""")
    reject_alias_conflict_template: Annotated[
        Template,
        Setting(
            "Reject alias conflict template",
            "Answer to a meeting whose alias is in use elsewhere.",
            required=SINGLE_USE,
        ),
    ] = _body("""\
We are unable to schedule this meeting because the alias: {{alias}} is already <br>
in use by another Pexip Virtual Meeting Room. Please try creating a new meeting.<br>
""")
    reject_alias_deleted_template: Annotated[
        Template,
        Setting("Reject alias deleted text", "Answer to a meeting whose alias has been deleted.", required=SINGLE_USE),
    ] = _body("""\
We are unable to schedule this meeting because its alias has been deleted.<br>
Please try creating a new meeting.<br>
""")
    reject_recurring_series_past_template: Annotated[
        Template,
        Setting(
            "Reject recurring series in past text",
            "Answer to a series whose occurrences are all in the past.",
            required=SINGLE_USE,
        ),
    ] = _body("""\
This recurring series cannot be scheduled because all<br>
occurrences happen in the past.<br>
""")
    reject_single_meeting_past: Annotated[
        Template,
        Setting("Reject single meeting in past text", "Answer to a meeting in the past.", required=SINGLE_USE),
    ] = _body("""\
This meeting cannot be scheduled because it occurs in the past.<br>
""")
    reject_general_error_template: Annotated[
        Template,
        Setting(
            "Reject general error template",
            "Answer when something else went wrong. `{{correlation_id}}` identifies the audit record.",
            required=SINGLE_USE,
        ),
    ] = _body("""\
We are unable to schedule this meeting. Please try creating a new meeting.<br>
If this issue continues, please forward this message to your system administrator, including the following ID:<br>
CorrelationID="{{correlation_id}}".<br>
""")
