"""After any file has been applied, the deployment matches it and all other settings are unchanged."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.cli.changes import plan
from shared.cli.checking import comparable
from shared.cli.connection import Connection
from shared.cli.reading import Entry
from tests.fakes.management import PASSWORD, USERNAME, FakeDeployment
from tests.support.examples import examples
from tests.support.integrations import graph_fields

LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
SETTINGS = st.fixed_dictionaries(
    {"name": st.sampled_from(["Example Corp", "Another"])},
    optional={
        "description": LINES,
        "ivr_theme": st.none() | LINES.filter(lambda text: not text.startswith("/")),  # a name, not a URI
        "meeting_buffer_before": st.integers(0, 180),
        "enable_personal_vmrs": st.just(False),
        "addin_pane_title": st.lists(LINES, min_size=1, max_size=3).map("\n".join),
        "reject_single_meeting_past": st.lists(st.just("<br>"), min_size=1, max_size=3).flatmap(
            lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
        ),
        "domains": st.lists(st.sampled_from(["a.example.com", "b.example.com"]), unique=True, min_size=1),
    },
)


def entry(fields: dict[str, Any]) -> Entry:
    mailbox = f"{fields['name'].replace(' ', '')}@example.com"
    return Entry("corp.yaml", 1, {**graph_fields(room_mailbox_email_address=mailbox), **fields})


def empty(deployment: FakeDeployment) -> None:
    for integration in deployment.do(deployment.integrations.list()):
        deployment.do(deployment.integrations.delete(integration.uuid))


# All examples share one deployment, which is emptied before each example.
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(earlier=st.lists(SETTINGS, max_size=2), fields=SETTINGS)
def test_applying_a_file_sets_its_settings_and_leaves_others_alone(
    deployment: FakeDeployment, earlier: list[dict[str, Any]], fields: dict[str, Any]
) -> None:
    empty(deployment)
    with Connection(deployment.url, USERNAME, password=PASSWORD).open() as management:
        for each in earlier:
            plan([entry(each)], management, local=True)[0].apply(management)
        before = {shown["name"]: shown for shown in management.integrations()}
        (change,) = plan([entry(fields)], management, local=True)
        change.apply(management)
        (again,) = plan([entry(fields)], management, local=True)
        after = {shown["name"]: shown for shown in management.integrations()}
    assert (again.action, again.values) == ("none", {})
    assert change.action == ("create" if fields["name"] not in before else "update" if change.values else "none")
    for name, value in before.pop(fields["name"], {}).items():
        if name not in {*change.values, "manifest_revision", "manifest_reinstall_needed"}:
            assert comparable(name, after[fields["name"]][name]) == comparable(name, value)
    assert all(after[name] == other for name, other in before.items())
