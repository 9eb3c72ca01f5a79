"""X3 with all known behaviours of real Outlook clients: body, mailbox, location and the pane's messages agree, and
earlier content is untouched. Most cases run in one page, with the pane's own logic on the genuine Office.js.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Route

from dev.environment import Addresses
from shared.addin.bundle import load
from tests.browser.outlook import Outlook
from tests.browser.timeouts import hanging
from tests.browser.tools import HERE, ROOT

TAG = "PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#"
ROOM = ("vmr@example.com", "video.rooms@corp.example.com")
BOB, CAROL = ({"name": name, "address": f"{name.lower()}@example.com"} for name in ("Bob", "Carol"))
BODIES = {
    "html": '<html><head></head><body dir="ltr"><p>Agenda</p><p>Bye</p></body></html>',
    "text": "Agenda\n\nBye",
}
KINDS: dict[str, dict[str, Any]] = {
    "new": {},
    "existing": {"id": "AAMk", "required": [BOB], "optional": [CAROL]},
    "occurrence": {"id": "AAMk", "required": [BOB], "places": [{"id": "Room 1", "type": "room"}]},
}
ADD, ADD_PERSONAL = ["open", "single"], ["open", "personal", "vmr:0"]
STEPS = {
    "add": ADD,
    "add again": [*ADD, "single"],
    "add again after reopening": [*ADD, "open", "single"],
    "remove": [*ADD, "undo"],
    "remove after reopening": [*ADD, "open", "undo"],
    "remove, then add": [*ADD, "undo", "single"],
    "replace": ["open", "replace"],
    "replace, then remove": ["open", "replace", "undo"],
    "failed add": ADD,
    "body refused": ADD,
    "body and undo refused": ADD,
    "prepend does nothing": ADD,
    "remove after a prepend that does nothing": [*ADD, "undo"],
    "reopening with notes lost": [*ADD, "open"],
    "removal refused": [*ADD, "undo"],
    "failed add, then retry": [*ADD, "single"],
    "add personal": ADD_PERSONAL,
    "add personal again": [*ADD_PERSONAL, "open", "personal"],
    "remove personal": [*ADD_PERSONAL, "undo"],
    "remove personal after reopening": [*ADD_PERSONAL, "open", "personal", "undo"],
}
BEHAVIOURS = re.findall(r"^  ['\"](.+)['\"]: \{", (HERE / "behaviours.js").read_text(), re.MULTILINE)
REFUSED = {
    "failed add": {"addAttendees": {"code": 9002}},
    "failed add, then retry": {"addAttendees": {"code": 9002, "times": 1}},
    "body refused": {"prependBody": {"code": 9002}, "setBody": {"code": 9002}},
    "body and undo refused": {"addAttendees": {"code": 9002}, "setBody": {"code": 9002}},
    "prepend does nothing": {"prependBody": "silent"},
    "remove after a prepend that does nothing": {"prependBody": "silent"},
    "reopening with notes lost": {"saveProperties": "silent"},
    "removal refused": {"setAttendees": {"code": 9002}},
}
FOREIGN = TAG.replace("0b1c2d3e", "ffffffff")
COPIED = {
    "html": "<div><p>Join the room:</p><ol><li>Open https://vmr.example.com/</li><li>Enter 9876<ul><li>or dial it</li>"
    f"</ul></li></ol><div>{FOREIGN}</div><div><br></div></div>",
    "text": f"Join the room:\nOpen https://vmr.example.com/\nEnter 9876\nor dial it\n\n{FOREIGN}\n\n",
}
"""Another meeting's instructions."""
BLOCK = "jointheroom1?openhttpsvmrexamplecom2?enter123456o?ordialit"
TAG_LETTERS = "pxps0b1c2d3e4f5046178829" + "3a4b5c6d7e8f"
BY_HAND = ("also remove", "may still be in the text", "has not responded", "Outlook does not list")


@dataclass(frozen=True)
class Case:
    """One sequence of steps in the pane."""

    behaviour: str
    steps: str
    form: str
    kind: str
    is_told: bool = False

    @property
    def is_personal(self) -> bool:
        return "personal" in self.steps


class Matrix:
    """A page in which many panes run one after another."""

    def __init__(self, outlook: Outlook, script: str) -> None:
        self.outlook = outlook
        self.script = script

    async def run(self, case: Case) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
        """The meeting before and after, and what the pane showed after each step."""
        meeting = {"format": case.form, "body": BODIES[case.form], **KINDS[case.kind]}
        copied = {
            "block": COPIED[case.form],
            "mailbox": {"name": "Video rooms; all", "address": ROOM[0]},
            "mark": FOREIGN,
            "seen": f"Jointheroom:\nOpenhttps://vmr.example.com/\nEnter9876\nordialit\n{FOREIGN}",
        }
        begun = await self.outlook.page.evaluate(
            "given => begin(...given)",
            [
                case.behaviour,
                meeting,
                REFUSED.get(case.steps, {}),
                copied if case.steps.startswith("replace") else None,
            ],
        )
        steps = [STEPS[case.steps], begun["mailbox"], case.kind == "occurrence", case.is_told]
        said = await self.outlook.frame().evaluate(
            f"async given => (await import('{self.script}')).run(...given)", steps
        )
        return begun["before"], await self.outlook.page.evaluate("({ ...outlook.meeting })"), said


@pytest.fixture(scope="module")
async def matrix(browser: Browser, stack: Addresses) -> AsyncIterator[Matrix]:
    hash_ = load(ROOT / "addin").hash
    script = f"/addin/assets/{hash_}-matrix.js"
    source = re.sub(r"'\./(.+?)\.js'", rf"'./{hash_}-\1.js'", (HERE / "matrix.js").read_text())

    async def answer(route: Route) -> None:
        await route.fulfill(body=source, content_type="text/javascript")

    async with httpx.AsyncClient(trust_env=False, timeout=hanging() / 1000) as client:
        window = Outlook(browser, stack, client)
        window.answers[script] = answer
        await window.open({}, mailbox="1.15")
        yield Matrix(window, script)
        await window.close()


def seen(body: str) -> str:
    """The visible letters and digits, without the list markers that Word adds."""
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"<[^>]*>|&\w+;", " ", body.lower()))


def is_mailbox(person: dict[str, str]) -> bool:
    return person["address"] in ROOM or person["address"].startswith("/o=")


def people(meeting: dict[str, Any]) -> tuple[list[str], Counter[str]]:
    """Two lists: the attendees that are the mailbox, and all others."""
    everybody = [*meeting["required"], *meeting["optional"]]
    others = Counter(person["address"] for person in everybody if not is_mailbox(person))
    return [person["address"] for person in everybody if is_mailbox(person)], others


def places(meeting: dict[str, Any]) -> list[str]:
    return [part.strip() for place in meeting["places"] for part in place["id"].split(";")]


def untouched(before: dict[str, Any], after: dict[str, Any], said: list[dict[str, Any]]) -> list[str]:
    """Complaints about changes to the meeting's earlier content."""
    faults: list[str] = []
    rest = re.sub(BLOCK + f"(?:{TAG_LETTERS})?", "", seen(after["body"]), count=1)
    if rest != seen(before["body"]):
        faults.append(f"the text became {after['body']!r}")
    asked = any(one["screen"] == "rewrite" for one in said)
    if not asked and after["body"].count("cid:") != before["body"].count("cid:"):
        faults.append("a picture was lost without asking")
    if people(after)[1] != people(before)[1]:
        faults.append("other attendees changed")
    if before["places"] and places(after) != places(before):
        faults.append("the existing location changed")
    return faults


@dataclass(frozen=True)
class Left:
    """The parts of a meeting that a pane has added."""

    block: bool
    tag: bool
    mailboxes: int
    location: bool

    @classmethod
    def of(cls, before: dict[str, Any], after: dict[str, Any]) -> "Left":
        text = seen(after["body"])
        is_set = bool(places(after)) and places(after) != places(before)
        return cls("jointheroom" in text, TAG_LETTERS in text, len(people(after)[0]), is_set)


ENDS = {
    "remove": ("choose",),
    "remove after reopening": ("choose",),
    "remove personal": ("choose",),
    "remove personal after reopening": ("choose",),
    "replace, then remove": ("choose",),
    "remove after a prepend that does nothing": ("choose",),
    "removal refused": ("choose", "error"),
    "failed add": ("error",),
    "body refused": ("error",),
    "body and undo refused": ("error",),
}
"""The final screens of sequences that must not end with a VMR in the meeting."""


def disagreement(case: Case, before: dict[str, Any], left: Left, last: dict[str, Any]) -> list[str]:
    """Complaints about contradictions between body, mailbox, location and the pane's last message."""
    told = any(words in last["hint"] for words in BY_HAND)
    wanted = Left(True, not case.is_personal, 0 if case.is_personal else 1, not before["places"])
    nothing = Left(False, False, 0, False)
    match last["screen"]:
        case "success" | "already":
            return [] if left == wanted else [f"the pane says that the VMR is there, but the meeting has {left}"]
        case "error" if case.steps == "removal refused" and left == wanted:
            return []
        case "choose" | "error":
            return [] if told or left == nothing else [f"the pane does not mention {left}"]
        case other:
            return [f"the pane ends with {other}"]


def wrong_end(case: Case, left: Left, last: dict[str, Any]) -> list[str]:
    """Complaints about outcomes that must never occur, whatever the pane says."""
    wrong = [] if last["screen"] in ENDS.get(case.steps, ("success", "already")) else [f"the pane ends with {last}"]
    return wrong + ([f"the mailbox is listed {left.mailboxes} times"] if left.mailboxes > 1 else [])


def cases(behaviour: str) -> list[Case]:
    """Run every sequence with one behaviour."""
    all_ = [Case(behaviour, *rest) for rest in product(STEPS, BODIES, KINDS)]
    return [case for case in all_ if case.form == "html" or behaviour != "pictures in the text"]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_body_mailbox_location_and_the_panes_messages_agree(matrix: Matrix, behaviour: str) -> None:
    faults: dict[str, list[str]] = {}
    for case in cases(behaviour):
        before, after, said = await matrix.run(case)
        left, last = Left.of(before, after), said[-1]
        found = [
            *untouched(before, after, said), *disagreement(case, before, left, last), *wrong_end(case, left, last)
        ]  # fmt: skip
        faults |= {f"{case.steps}, {case.form}, {case.kind}": found} if found else {}
    assert not faults, "\n".join(f"{case}: {found}" for case, found in faults.items())


@pytest.mark.parametrize("behaviour", [each for each in BEHAVIOURS if each.startswith("the mailbox is listed by")])
@pytest.mark.parametrize("form", BODIES)
@pytest.mark.parametrize("kind", KINDS)
async def test_no_note_is_needed_if_the_server_has_the_mailboxs_addresses(
    matrix: Matrix, behaviour: str, form: str, kind: str
) -> None:
    """If the note is lost, the user is not asked to add what is already there, and nothing is added twice."""
    case = Case(behaviour, "reopening with notes lost", form, kind, is_told=True)
    before, after, said = await matrix.run(case)
    left, last = Left.of(before, after), said[-1]
    assert not [*untouched(before, after, said), *disagreement(case, before, left, last), *wrong_end(case, left, last)]
    assert "complete" not in last["buttons"], last
