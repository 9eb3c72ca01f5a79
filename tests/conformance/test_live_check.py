"""infra/live-check runs against the simulated Exchange: everything that the product relies on is true there, or the
report says where it is not.
"""

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from dev.exchange.app import Running, running_exchange
from dev.exchange.graph.gateway import Gateway
from dev.exchange.model import Body, Letter
from infra.live_check import __main__ as live_check
from infra.live_check.facts import NO_MAILBOX_CODES
from infra.live_check.graph import Refused
from infra.live_check.reading import roles_of
from infra.live_check.table import BORNE, DIFFERS, HOLDS, NOT_TRIED, Differs, NotTried, Table
from shared.mailboxes.graph import error_mapping
from tests.conformance.bicep import INFRA
from tests.support.graph_judge import GraphJudge

TOKEN = "not-to-be-printed"
EQUIPMENT, ORGANIZER, OTHER = "vmr@example.com", "alice@example.com", "bob@example.com"
Run = Callable[..., Awaitable[dict[str, str]]]


@pytest_asyncio.fixture
async def exchange() -> AsyncIterator[Running]:
    async with running_exchange() as running:
        running.exchange.application_scopes[TOKEN] = frozenset({EQUIPMENT, ORGANIZER})
        yield running


@pytest_asyncio.fixture
async def app() -> AsyncIterator[str]:
    """The part of a deployment that responds to subscription handshakes."""

    async def shake(request: web.Request) -> web.Response:
        return web.Response(text=request.query["validationToken"])

    server = web.Application()
    server.router.add_post("/mailbox/notifications", shake)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(autouse=True)
def judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphJudge]:
    """Check that every request exists in Microsoft's API description, and that Microsoft's SDK could make it."""
    judge = GraphJudge()
    monkeypatch.setattr(Gateway, "witness", staticmethod(judge))
    yield judge
    assert sorted(set(judge.violations)) == []


@pytest.fixture
def run(exchange: Running, app: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the whole check in another thread, like a separate program. Returns the verdicts, keyed by assumption."""
    monkeypatch.setenv("GRAPH_TOKEN", TOKEN)

    async def run(*more: str) -> dict[str, str]:
        words = ["--equipment", EQUIPMENT, "--other", OTHER, "--graph", exchange.graph_url]
        words += ["--mail-timeout", "2", *more]
        if "--write" in more:
            words += ["--organizer", ORGANIZER, "--app", app, "--yes"]
        given = live_check.arguments_of(words)
        table = await asyncio.to_thread(live_check.run, given)
        return {row.relied_on: f"{row.verdict}: {row.seen}" for row in table.rows.values()}

    return run


def not_holding(rows: dict[str, str]) -> dict[str, str]:
    return {name: told for name, told in rows.items() if not told.startswith(f"{HOLDS}:")}


ROLES_ROW = "the token has no role for mail or calendars: only Exchange grants"


async def test_everything_that_the_product_relies_on_holds_in_the_simulated_exchange(
    run: Run, judge: GraphJudge, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = await run("--write")
    assert not_holding(rows) == {ROLES_ROW: f"{NOT_TRIED}: the token cannot be read"}
    assert len(rows) > 35
    assert judge.requests > 100
    told = capsys.readouterr().out
    assert "what this tenant does" in told
    assert "nothing is left" in told
    assert TOKEN not in told


VARIANTS = [
    ("uid", False, "the event has its uid (undeclared in v1.0)"),
    ("original_start", "never", "$select=originalStart shows where an occurrence was in the pattern"),
    ("instances_with_exceptions", False, "/instances lists exceptions"),
    ("gone_event_is_null", True, "a cancellation's event expands to {} once it is gone"),
    ("handshake_error", "ExtensionError403", "a webhook that refuses the handshake is reported as 400 ValidationError"),
]


@pytest.mark.parametrize(("variant", "value", "relied_on"), VARIANTS)
async def test_a_tenant_that_behaves_differently_is_reported_in_that_row_only(
    run: Run, exchange: Running, variant: str, value: Any, relied_on: str
) -> None:
    exchange.exchange.variants.change({variant: value})
    found = not_holding(await run("--write"))
    assert found.pop(ROLES_ROW).startswith(NOT_TRIED)
    assert list(found) == [relied_on]
    assert found[relied_on].startswith(f"{BORNE}: ")


async def test_both_mailboxes_are_left_as_they_were(run: Run, exchange: Running) -> None:
    await run("--write")
    store, directory = exchange.exchange.store, exchange.exchange.directory
    for address in (EQUIPMENT, ORGANIZER):
        owner = directory.ensure(address).guid
        assert store.messages(owner) == []
        assert store.events(owner) == []
    assert not list(exchange.exchange.subscriptions)


async def test_the_check_cleans_up_after_a_failure_in_the_middle_as_well(
    run: Run, exchange: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ConnectionResetError

    monkeypatch.setattr("infra.live_check.series.Series.check", broken)
    with pytest.raises(ConnectionResetError):
        await run("--write")
    assert not exchange.exchange.store.events(exchange.exchange.directory.ensure(ORGANIZER).guid)


async def test_items_that_cannot_be_removed_are_named(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise Refused(403, "ErrorAccessDenied")

    monkeypatch.setattr("infra.live_check.graph.Graph.delete", refused)
    monkeypatch.setattr("infra.live_check.writing.Writing.run", lambda self: self.boxes.invite("left"))
    await run("--write")
    told = capsys.readouterr().out
    assert 'it failed (403 ErrorAccessDenied): remove everything named "VMR live-check ' in told
    assert "holds" in told, "findings are still reported"


async def test_mail_without_a_subject_is_left_alone(run: Run, exchange: Running) -> None:
    owner = exchange.exchange.directory.ensure(EQUIPMENT)
    letter = Letter("", Body("kept"), from_=owner.contact, sender=owner.contact, to=(owner.contact,))
    exchange.exchange.post.send(letter, save=False)
    await run("--write")
    assert [each.letter.body.content for each in exchange.exchange.store.messages(owner.guid)] == ["kept"]


async def test_without_the_write_option_nothing_is_changed(run: Run, exchange: Running) -> None:
    rows = await run()
    assert {request.split()[0] for request in exchange.exchange.traffic.requests} == {"GET"}
    assert [told for told in not_holding(rows).values() if not told.startswith(NOT_TRIED)] == []


async def test_another_mailbox_that_the_app_can_open_is_reported(run: Run, exchange: Running) -> None:
    exchange.exchange.application_scopes.clear()
    rows = await run()
    assert rows["another mailbox is refused with 403"] == f"{DIFFERS}: 200: it is not refused"


async def test_if_no_invitation_arrives_each_row_says_why_and_none_waits_again(run: Run, exchange: Running) -> None:
    """Exchange's calendar attendant is off, so there is a message but no event."""
    exchange.exchange.attendant.processing(exchange.exchange.directory.ensure(EQUIPMENT)).automate_processing = "None"
    rows = await run("--write", "--mail-timeout", "0.2")
    arrives = rows["an organizer's meeting arrives as a meetingRequest with a (tentative) event"]
    assert arrives == f"{DIFFERS}: the event of a meetingRequest has not arrived within 0 seconds"
    assert rows["the tag survives in the invitation's text"].startswith(f"{NOT_TRIED}: see above")


def test_a_consent_that_defeats_the_scope_is_reported() -> None:
    def token(*roles: str) -> str:
        return f"x.{base64.urlsafe_b64encode(json.dumps({'roles': roles}).encode()).decode().rstrip('=')}.x"

    assert roles_of(token()) == "no roles"
    with pytest.raises(Differs, match=r"Mail\.ReadWrite"):
        roles_of(token("User.Read.All", "Mail.ReadWrite"))


@pytest.mark.parametrize(
    "url", ["https://graph.example.com/v1.0", "http://127.0.0.1.example.com:80", "http://127.0.0.1:1@x"]
)
def test_a_token_is_sent_only_to_graph_or_to_this_machine(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        live_check.arguments_of(["--equipment", EQUIPMENT, "--graph", url])
    assert "only http://127.0.0.1:PORT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--write"], "--write needs --organizer"),
        (["--write", "--organizer", EQUIPMENT.upper()], "must be different mailboxes"),
        (["--organizer", ORGANIZER], "requires --write"),
    ],
)
def test_writing_requires_both_mailboxes_to_be_named(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        live_check.arguments_of(["--equipment", EQUIPMENT, *words])
    assert said in capsys.readouterr().err


def test_nothing_is_written_without_confirmation(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--equipment", EQUIPMENT, "--write", "--organizer", ORGANIZER]
    with pytest.raises(SystemExit, match="run this with --yes"):
        live_check.main(words)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "y")
    with pytest.raises(SystemExit, match="nothing was changed"):
        live_check.main(words)


def test_without_credentials_the_check_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRAPH_TOKEN", "GRAPH_TENANT_ID", "GRAPH_CLIENT_ID", "GRAPH_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit, match="GRAPH_CLIENT_SECRET, in the environment"):
        live_check.main(["--equipment", EQUIPMENT])


async def test_the_exit_code_is_1_if_something_differs(exchange: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPH_TOKEN", TOKEN)
    exchange.exchange.application_scopes.clear()
    words = ["--equipment", EQUIPMENT, "--other", OTHER, "--graph", exchange.graph_url]
    with pytest.raises(SystemExit, match="behaves differently from what the product relies on"):
        await asyncio.to_thread(live_check.main, words)


def test_a_row_keeps_its_finding_if_it_cannot_be_retried() -> None:
    def untried() -> str:
        raise NotTried("no series")

    table = Table()
    table.check("a", lambda: "seen")
    table.check("a", untried)
    table.check("b", lambda: str({}["missing"]))  # type: ignore[index]  # as an answer without a field
    assert [(row.seen, row.verdict) for row in table.rows.values()] == [
        ("seen", HOLDS),
        ("its response could not be read (KeyError)", DIFFERS),
    ]


def test_the_codes_for_addresses_without_a_mailbox_match_the_product() -> None:
    assert NO_MAILBOX_CODES == error_mapping.NO_MAILBOX_CODES


def test_the_shell_script_runs_the_python_program() -> None:
    told = subprocess.run([INFRA / "live-check", "--help"], capture_output=True, text=True, check=True).stdout
    assert "GRAPH_CLIENT_SECRET" in told
