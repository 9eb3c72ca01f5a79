"""The functions check, render and preview, called as the product calls them."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.errors import InvalidRequest, TemplateInvalid
from shared.integrations.integration import Integration
from shared.integrations.setting import Format, format_of
from shared.templates import FIELDS, SAMPLES, Destination, check, meeting_time, preview, render

ACCEPT = "accept_new_single_meeting_template"
INSTRUCTIONS = "meeting_instructions_template"
PERSONAL = "personal_vmr_instructions_template"
NAME = "conference_name_template"
TEMPLATES = {name: field for name, field in Integration.model_fields.items() if format_of(field) is Format.TEMPLATE}

MEETING = """<br>
<div style="font-size:11.0pt; color:#000000; font-family:Calibri,Arial,Helvetica,sans-serif;">
<b>Please join my Pexip Virtual Meeting Room in one of the following ways:</b><br>
<br>
From a VC endpoint or a Skype/Lync client:<br>
77123456@example.com<br>
<br>
From a web browser:<br>
<a href="https://join.example.com/webapp/#/?conference=77123456@example.com">\
https://join.example.com/webapp/#/?conference=77123456@example.com</a><br>
<br>
From a Pexip Infinity Connect client:<br>
pexip://77123456@example.com<br>
<br>
From a telephone:<br>
[Your number], then 77123456 #<br>
<br>
PXPS:-6f8cf6fc-7ab0-4e1d-a6c8-3b5e5a1a1f3d#<br>
</div>"""

# Lines that contain only template tags are kept, as in Jinja2.
PERSONAL_MEETING = """
    


    

<br>
<div style="font-size:11.0pt; color:#000000; font-family:Calibri,Arial,Helvetica,sans-serif;">
<b>Please join my Pexip Virtual Meeting Room in one of the following ways:</b><br>
<br>
From a VC endpoint or a Skype/Lync client:<br>
alice.jones@example.com<br>
<br>
From a web browser:<br>
<a href="https://join.example.com/webapp/#/?conference=alice.jones@example.com">\
https://join.example.com/webapp/#/?conference=alice.jones@example.com</a><br>
<br>
From a Pexip Infinity Connect client:<br>
pexip://alice.jones@example.com<br>
<br>

From a telephone:<br>
[Your number], then 5550123 #<br>
<br>


Please join using the PIN <b>1234#</b><br>
<br>

</div>"""  # noqa: W293


def div(*lines: str) -> str:
    return "\n".join(
        [
            '<div style="font-size:11.0pt; color:#000000; font-family:Calibri,Arial,Helvetica,sans-serif;">',
            *(line + "<br>" for line in lines),
            "</div>",
        ]
    )


DEFAULTS = {
    "conference_name_template": "Quarterly review (Alice Jones)",
    "conference_description_template": "Scheduled Conference booked by alice@example.com",
    "conference_subject_template": "Quarterly review",
    "scheduled_alias_description_template": "Scheduled Conference booked by alice@example.com",
    "personal_vmr_instructions_template": PERSONAL_MEETING,
    "personal_vmr_location_template": "https://join.example.com/webapp/#/?conference=alice.jones@example.com",
    "personal_vmr_name_template": "Alice Jones's room",
    "personal_vmr_description_template": "Personal meeting room of Alice Jones",
    "meeting_instructions_template": MEETING,
    "placeholder_instructions_template": div(
        "This meeting will be hosted in a Virtual Meeting Room. Joining instructions will be",
        "sent to you soon in a separate email.",
    ),
    "accept_new_single_meeting_template": div(
        "This meeting has been successfully scheduled using the aliases: 77123456@example.com and 77123456."
    ),
    "accept_edited_single_meeting_template": div(
        "This meeting has been successfully rescheduled using the aliases: 77123456@example.com and 77123456."
    ),
    "accept_new_recurring_series_template": div(
        "This recurring meeting series has been successfully scheduled.",
        "All meetings in this series will use the aliases: 77123456@example.com and 77123456.",
    ),
    "accept_edited_occurrence_template": div(
        "This meeting occurrence in a recurring series has been successfully rescheduled using the aliases: "
        "77123456@example.com and 77123456."
    ),
    "accept_edited_recurring_series_template": div(
        "This recurring meeting series has been successfully rescheduled.",
        "All meetings in this series will use the aliases: 77123456@example.com and 77123456.",
    ),
    "reject_invalid_alias_id_template": div(
        "This meeting request does not contain currently valid scheduling data, and therefore cannot be processed.",
        "Please use the add-in to create a new meeting request, without editing any of the content that is inserted "
        "by the add-in.",
        "If this issue continues, please contact your system administrator.",
    ),
    "reject_alias_conflict_template": div(
        "We are unable to schedule this meeting because the alias: 77123456@example.com is already ",
        "in use by another Pexip Virtual Meeting Room. Please try creating a new meeting.",
    ),
    "reject_alias_deleted_template": div(
        "We are unable to schedule this meeting because its alias has been deleted.",
        "Please try creating a new meeting.",
    ),
    "reject_recurring_series_past_template": div(
        "This recurring series cannot be scheduled because all", "occurrences happen in the past."
    ),
    "reject_single_meeting_past": div("This meeting cannot be scheduled because it occurs in the past."),
    "reject_general_error_template": div(
        "We are unable to schedule this meeting. Please try creating a new meeting.",
        "If this issue continues, please forward this message to your system administrator, including the following "
        "ID:",
        'CorrelationID="0b6f8b0e-8f0e-4a52-9a55-6a1d0f5f2f7c".',
    ),
}


def test_the_catalogue_contains_exactly_the_template_settings() -> None:
    assert set(FIELDS) == set(TEMPLATES)


def test_every_variable_has_a_sample() -> None:
    assert {name for field in FIELDS.values() for name in field.variables} == set(SAMPLES)


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_templates_have_no_faults_and_render_exactly_as_documented(name: str) -> None:
    default = TEMPLATES[name].default
    assert check(name, default) == []
    assert render(name, default, SAMPLES) == DEFAULTS[name]


def test_the_table_of_defaults_is_complete() -> None:
    assert set(DEFAULTS) == set(FIELDS)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"domain_aliases": ["a@x.no"], "other_aliases": ["a"], "numeric_aliases": ["1"]}, "a@x.no"),
        ({"domain_aliases": [], "other_aliases": ["a"], "numeric_aliases": ["1"]}, "a"),
        ({"domain_aliases": [], "other_aliases": [], "numeric_aliases": ["1"]}, "1"),
        ({"domain_aliases": [], "other_aliases": [], "numeric_aliases": []}, ""),
    ],
)
def test_the_default_location_uses_the_best_alias(values: dict[str, object], expected: str) -> None:
    location = TEMPLATES["personal_vmr_location_template"].default
    assert (
        render("personal_vmr_location_template", location, {"addin_server_domain": "x.no", **values})
        == f"https://x.no/webapp/#/?conference={expected}"
    )


@pytest.mark.parametrize(
    ("guests", "pin", "guest_pin", "expected"),
    [
        (False, "1111", "2222", "PIN <b>1111</b>"),
        (True, "1111", "2222", "PIN <b>2222</b>"),
        (True, "1111", "", ""),
        (False, "", "2222", ""),
        (False, None, None, ""),
    ],
)
def test_the_default_personal_instructions_show_the_pin_that_a_guest_needs(
    guests: bool, pin: str | None, guest_pin: str | None, expected: str
) -> None:
    html = render(
        PERSONAL, TEMPLATES[PERSONAL].default, {**SAMPLES, "allow_guests": guests, "pin": pin, "guest_pin": guest_pin}
    )
    assert expected in html
    assert ("PIN" in html) == bool(expected)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2017, 7, 31, 15, 30, tzinfo=UTC), "15:30 on 31/07/2017"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=ZoneInfo("Asia/Kathmandu")), "03:04 on 02/01/2026"),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC).astimezone(ZoneInfo("Europe/Oslo")), "00:00 on 02/07/2026"),
    ],
)
def test_times_are_printed_in_the_meetings_own_zone(moment: datetime, expected: str) -> None:
    assert meeting_time(moment) == expected
    assert render(ACCEPT, "{{ start_time }}", {"start_time": moment}) == expected


def test_a_time_without_a_zone_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="zone"):
        meeting_time(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_every_template_accepts_its_own_variables_and_no_others(field: object) -> None:
    name = getattr(field, "name", "")
    accepted = FIELDS[name].variables
    for variable in SAMPLES:
        text = "{{ alias_uuid }} {{ " + variable + " }}" if FIELDS[name].required else "{{ " + variable + " }}"
        faults = check(name, text)
        assert bool(faults) == (variable not in accepted), (variable, faults)
        if faults:
            assert "line 1" in faults[0]
            assert variable in faults[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ alias", "line 1: unexpected end of template"),
        ("a\nb{% if alias %}", "line 2: "),
        ("{% endif %}", "line 1: Encountered unknown tag 'endif'."),
        ("\n{{ subject }}", "line 2: unknown variable 'subject'; available: start_time, end_time, alias"),
        ("{{ alias|sort }}", "line 1: there is no filter 'sort'"),
        ("{{ alias is sameas alias }}", "line 1: there is no test 'sameas'"),
        ("{{ alias.upper() }}", "line 1: only the functions range and pex_… can be called"),
        ("{{ alias.split }}", "line 1: .split is not allowed"),
        ("<b>\n<i></b>", "line 2: </b> comes before <i> in line 2 is closed"),
        ("a\n<div>", "line 2: <div> is not closed"),
        ("x" * 12_289, "it is longer than 12,288 characters"),
        ("{{ 1 / 0 }}", "with sample values: line 1: an expression cannot be evaluated (ZeroDivisionError)"),
    ],
)
def test_faults_describe_the_problem_and_its_line(text: str, fault: str) -> None:
    assert fault in check(ACCEPT, text)[0]


def test_all_faults_are_reported_together() -> None:
    faults = check(ACCEPT, "{{ subject }}\n{{ alias|sort }}\n{% include 'x' %}\n<b>")
    assert [fault[:7] for fault in faults] == ["line 2:", "line 3:", "line 1:", "line 4:"]


def test_a_template_of_the_maximum_length_is_accepted() -> None:
    assert check(ACCEPT, "x" * 12_288) == []


def test_a_template_can_use_variables_that_it_sets_itself() -> None:
    text = "{% set room = alias %}{% for part in range(2) %}{{ room }}{{ part }}{{ loop.index }}{% endfor %}"
    assert check(ACCEPT, text) == []


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("<p>{{ alias_uuid }}</p>", True),
        ("{% if alias %}{{ alias_uuid }}{% endif %}", True),
        ("<p>{{ alias }}</p>", False),
        ("<!-- {{ alias_uuid }} -->", False),
        ('<p title="{{ alias_uuid }}">x</p>', False),
        ("{# {{ alias_uuid }} #}", False),
        ("{% if alias_uuid %}x{% endif %}", False),
        ("{{ alias_uuid|pex_reverse }}", False),
    ],
)
def test_instructions_must_contain_the_tag(text: str, accepted: bool) -> None:
    faults = check(INSTRUCTIONS, text)
    assert (faults == []) == accepted
    assert accepted or "{{alias_uuid}}" in faults[0]


def test_the_fault_mentions_that_a_text_has_no_variables() -> None:
    assert check("reject_alias_deleted_template", "{{ alias }}") == [
        "line 1: unknown variable 'alias'; this text has no variables"
    ]


def test_a_template_that_rejects_the_sample_values_can_be_saved() -> None:
    text = "{{ name|pex_require_min_length(100) }}"
    assert check("personal_vmr_name_template", text) == []
    with pytest.raises(TemplateInvalid, match="shorter than 100"):
        render("personal_vmr_name_template", text, SAMPLES)


def test_a_setting_that_is_not_a_template_is_refused_with_its_name() -> None:
    for call in (check, preview):
        with pytest.raises(InvalidRequest, match="room_mailbox_name is not a template"):
            call("room_mailbox_name", "x")


def test_values_are_escaped_in_html_and_plain_in_single_lines() -> None:
    assert render(ACCEPT, "{{ alias }}", {"alias": "<b>\"&'"}) == "&lt;b&gt;&#34;&amp;&#39;"
    assert render(NAME, "{{ alias }}", {"alias": "<b>\"&'"}) == "<b>\"&'"


@pytest.mark.parametrize(
    "text",
    [
        "{% set x %}<i>{{ alias }}</i>{% endset %}{{ x }}",
        "{% set x = alias %}<i>{{ x }}</i>",
        "<i>{{ alias|pex_reverse|pex_reverse }}</i>",
        "<i>{{ alias ~ '' }}</i>",
        "<i>{{ [alias]|join }}</i>",
        "<i>{{ alias|default('x')|trim }}</i>",
        "<i>{{ alias|striptags }}</i>",
        "<i>{{ '%s'|format(alias) }}</i>",
    ],
)
def test_a_value_stays_escaped_in_every_kind_of_expression(text: str) -> None:
    assert render(ACCEPT, text, {"alias": "&lt;script&gt;"}) in (
        "<i>&amp;lt;script&amp;gt;</i>",
        "<i>&lt;script&gt;</i>",
    )


def test_html_literals_are_escaped_in_expressions_but_not_in_set_blocks() -> None:
    assert render(ACCEPT, "{{ '<b>' }}", {}) == "&lt;b&gt;"
    assert render(ACCEPT, "{% set x %}<b>{{ alias }}</b>{% endset %}{{ x }}", {"alias": "&"}) == "<b>&amp;</b>"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("a\r\nb", "a b"),
        ("  a \t\u00a0 b\u2028c\u2029d\u0085e\x0bf  ", "a b c d e f"),
        ("a\x00\x1b[31mb\x7f", "a[31mb"),
        ("e\u0301 \U0001f469\u200d\U0001f4bb", "e\u0301 \U0001f469\u200d\U0001f4bb"),
        ("x" * 300, "x" * 250),
        ("x" * 249 + " y", "x" * 249),
        ("\ud800a", "a"),
        ("", ""),
    ],
)
def test_single_line_results_are_plain_and_bounded(subject: str, expected: str) -> None:
    assert render("conference_subject_template", "{{ subject }}", {"subject": subject}) == expected


def test_only_accepted_variables_reach_a_template() -> None:
    assert render(ACCEPT, "{{ subject }}{{ alias }}", {"subject": "secret", "alias": "a"}) == "a"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), (True, "True"), (5, "5"), (1.5, "1.5"), (["a", "b"], "[&#39;a&#39;, &#39;b&#39;]")],
)
def test_values_are_printed_as_in_jinja_and_none_prints_nothing(value: object, expected: str) -> None:
    assert render(PERSONAL, "{{ aliases }}", {"aliases": value}) == expected


def test_objects_never_reach_a_template() -> None:
    with pytest.raises(TypeError, match="Path"):
        render(ACCEPT, "{{ alias }}", {"alias": Path()})
    with pytest.raises(TypeError, match="list"):
        render(PERSONAL, "{{ aliases }}", {"aliases": [["nested"]]})


def test_a_failure_names_the_line_but_no_value() -> None:
    with pytest.raises(TemplateInvalid) as failure:
        render(ACCEPT, "\n\n{{ alias + 1 }}", {"alias": "alice@example.com"})
    assert str(failure.value) == f"{ACCEPT}: line 3: an expression cannot be evaluated (TypeError)"


def test_a_preview_uses_samples_and_the_given_values() -> None:
    shown = preview(NAME, "{{ subject }} / {{ organizer_name }}", {"subject": "Mine"})
    assert (shown.line, shown.text, shown.html, shown.faults) == ("Mine / Alice Jones",) * 2 + (None, [])


def test_a_preview_of_html_has_a_plain_text_form() -> None:
    shown = preview(ACCEPT, "<p>From {{ start_time }}<br>to {{ end_time }}</p>")
    assert shown.html == "<p>From 15:30 on 31/07/2026<br>to 16:30 on 31/07/2026</p>"
    assert shown.text == "From 15:30 on 31/07/2026\nto 16:30 on 31/07/2026"


def test_a_preview_of_a_faulty_template_reports_the_faults() -> None:
    shown = preview(ACCEPT, "{{ subject }}")
    assert (shown.html, shown.text) == ("", "")
    assert "unknown variable 'subject'" in shown.faults[0]


def test_a_preview_reports_a_failure_with_the_given_values() -> None:
    text = "{{ alias|pex_require_min_length(5) }}"
    assert preview(ACCEPT, text, {"alias": "abc"}).faults == [
        "line 1: pex_require_min_length: a value is shorter than 5 characters"
    ]


def test_a_preview_returns_the_messages_that_the_template_logs() -> None:
    shown = preview(NAME, "{{ pex_debug_log('subject:', subject) }}x", {"subject": "Mine"})
    assert (shown.line, shown.messages) == ("x", ["subject: Mine"])


@pytest.mark.parametrize("name", FIELDS)
def test_every_template_can_be_previewed(name: str) -> None:
    shown = preview(name, TEMPLATES[name].default)
    assert shown.faults == []
    assert bool(shown.html) == (FIELDS[name].destination is Destination.HTML)
    assert shown.text


def test_a_missing_tag_is_reported_together_with_other_faults() -> None:
    """All faults are reported together (I3)."""
    faults = check("meeting_instructions_template", "{{ alias }} <b>")
    assert len(faults) == 2
    assert any("alias_uuid" in fault for fault in faults)


def test_a_preview_formats_given_times_as_in_answers() -> None:
    """Given times are ISO 8601 strings, as in the management API."""
    given = {"start_time": "2026-11-30T10:00:00+01:00", "end_time": "2026-11-30T10:30:00Z"}
    shown = preview(ACCEPT, "{{ start_time }} to {{ end_time }}", given)
    assert (shown.text, shown.faults) == ("10:00 on 30/11/2026 to 10:30 on 30/11/2026", [])


@pytest.mark.parametrize("given", ["15:30 on 31/07/2017", "2026-11-30T10:00:00", "tomorrow", "", 7, None, ["a"]])
def test_a_preview_refuses_an_invalid_time(given: object) -> None:
    shown = preview(ACCEPT, "{{ start_time }}", {"start_time": given})
    assert shown.faults == ["value of 'start_time': must be a time with an offset, such as 2026-11-30T10:00:00+01:00"]
    assert shown.html == ""


def test_a_preview_reports_values_for_unknown_variables() -> None:
    shown = preview(ACCEPT, "{{ alias }}", {"subject": "Budget", "alais": "7"})
    accepted = "available: start_time, end_time, alias, numeric_alias"
    assert shown.faults == [f"value of 'subject': unknown variable; {accepted}",
                            f"value of 'alais': unknown variable; {accepted}"]  # fmt: skip
    assert preview("reject_single_meeting_past", "Over.", {"alias": "7"}).faults == [
        "value of 'alias': unknown variable; this text has no variables"
    ]


@pytest.mark.parametrize(
    ("name", "given", "needed"),
    [
        ("domain_aliases", "alice@example.com", "a list of strings"),
        ("domain_aliases", [1], "a list of strings"),
        ("allow_guests", "false", "true or false"),
        ("pin", ["1"], "a string"),
        ("pin", True, "a string"),
    ],
)
def test_a_preview_refuses_values_of_the_wrong_type(name: str, given: object, needed: str) -> None:
    field = "personal_vmr_location_template"
    shown = preview(field, "{{ " + name + " }}", {name: given})
    assert f"value of {name!r}: must be {needed}" in shown.faults


def test_a_preview_shows_exactly_what_is_rendered() -> None:
    start = datetime(2026, 11, 30, 10, tzinfo=UTC)
    values: dict[str, object] = {"start_time": start, "end_time": start, "alias": "a", "numeric_alias": "1"}
    real = render(ACCEPT, TEMPLATES[ACCEPT].default, values)
    sent = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    assert preview(ACCEPT, TEMPLATES[ACCEPT].default, sent).html == real
