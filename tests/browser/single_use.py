"""The buttons for single-use VMRs, and what a click on them leads to."""

import re

from playwright.async_api import Route

ADD = "Add a Single-use VMR"
REMOVE = "Remove from the meeting"
AGENDA = '<html><head></head><body dir="ltr"><p>Agenda</p></body></html>'
TAG = re.compile(r"PXPS:-[0-9a-f-]{36}#")
OTHER_TAG = "PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#"
WRITES = ("prependBody", "setBody", "addAttendees", "setAttendees", "setLocation", "addPlaces", "removePlaces")


def writes(calls: list[str]) -> list[str]:
    return [call for call in calls if call in WRITES]


async def reserved(route: Route) -> None:
    """The state of a tag that is waiting for its invitation."""
    state = {"state": "reserved", "starts_here": False, "alias": "meet.123456@example.com", "one_date": False}
    await route.fulfill(json={"status": "success", "result": state})


FAILED = "There was a problem adding the joining instructions. Please try again."
