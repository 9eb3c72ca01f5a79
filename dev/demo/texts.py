"""The texts suggested in docs/texts.md, for the demo's integration. Unlike the default texts, they contain the
meeting's time, the time during which people can join, the link, and which date of a series was changed.
"""

from collections.abc import Mapping

HOST = "vmr.example.com"
PHONE = "+1 555 0100"
BEFORE, AFTER = 30, 60
"""The values of `meeting_buffer_before` and `meeting_buffer_after` in minutes. Templates cannot refer to these
settings.
"""

_JOIN = f"""\
Join in a browser: https://{HOST}/webapp/#/?conference={{{{alias}}}}<br>
From a video system: {{{{alias}}}}<br>
By telephone: {PHONE}, then {{{{numeric_alias}}}} #<br>
"""
_WINDOW = f"""\
The room is open from {BEFORE} minutes before the meeting until {AFTER} minutes after it.<br>
"""
_AGAIN = """\
Nothing was booked. Create a new meeting and use the add-in to add a room to it.<br>
"""

TEXTS: Mapping[str, str] = {
    "meeting_instructions_template": """\
<div style="font-size:11.0pt; font-family:Calibri,Arial,Helvetica,sans-serif;">
<b>Join the video meeting</b><br>
<br>
In a browser: <a href="https://{{addin_server_domain}}/webapp/#/?conference={{alias}}">\
https://{{addin_server_domain}}/webapp/#/?conference={{alias}}</a><br>
From a video system: {{alias}}<br>
"""
    f"By telephone: {PHONE}, then {{{{numeric_alias}}}} #<br>\n"
    """\
<br>
<span style="font-size:9.0pt; color:#595959;">Leave this line as it is: {{alias_uuid}}</span><br>
</div>
""",
    "accept_new_single_meeting_template": f"""\
<b>Your meeting has a room.</b><br>
From {{{{start_time}}}} to {{{{end_time}}}}.<br>
{_WINDOW}{_JOIN}""",
    "accept_edited_single_meeting_template": f"""\
<b>Your meeting was changed, and its room has been updated.</b><br>
Now from {{{{start_time}}}} to {{{{end_time}}}}.<br>
{_WINDOW}{_JOIN}""",
    "accept_new_recurring_series_template": f"""\
<b>Your series has a room. It is the same for all dates.</b><br>
The next date is from {{{{start_time}}}} to {{{{end_time}}}}.<br>
{_WINDOW}{_JOIN}""",
    "accept_edited_recurring_series_template": f"""\
<b>Your series was changed, and its room has been updated. It is the same for all dates.</b><br>
The next date is from {{{{start_time}}}} to {{{{end_time}}}}.<br>
{_WINDOW}{_JOIN}""",
    "accept_edited_occurrence_template": f"""\
<b>One date of your series was changed, and its room has been updated.</b><br>
That date is now from {{{{start_time}}}} to {{{{end_time}}}}; all other dates are unchanged.<br>
{_WINDOW}{_JOIN}""",
    "reject_invalid_alias_id_template": f"""\
<b>This meeting did not get a room.</b><br>
The joining instructions in its text are missing, have been changed, or were copied from another meeting.<br>
{_AGAIN}""",
    "reject_alias_conflict_template": f"""\
<b>This meeting did not get a room.</b><br>
Its number, {{{{alias}}}}, is in use by another room.<br>
{_AGAIN}""",
    "reject_alias_deleted_template": f"""\
<b>This meeting did not get a room.</b><br>
Its number was reserved too long ago and has been released.<br>
{_AGAIN}""",
    "reject_single_meeting_past": """\
<b>This meeting did not get a room.</b><br>
It is in the past. Move it to a later time to get a room.<br>
""",
    "reject_recurring_series_past_template": """\
<b>This series did not get a room.</b><br>
All its dates are in the past. Move it to later times to get a room.<br>
""",
    "reject_general_error_template": """\
<b>This meeting did not get a room, through no fault of yours.</b><br>
Resend it later. If that does not help, forward this message to your administrator. This ID identifies the cause:<br>
{{correlation_id}}<br>
""",
}
