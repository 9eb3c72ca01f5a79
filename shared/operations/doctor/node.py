"""Judges whether the Management Node can be used: its connection, rights and clock, and whether other conferences use
our aliases and names. Also judges what policy needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from pydantic import BaseModel

from shared.aliases.allocation import AliasFormat
from shared.integrations import Integration
from shared.management_node.client import STATUS
from shared.management_node.failure import NodeFailed, NodeRefused
from shared.management_node.nodes import ManagementNode
from shared.management_node.objects import ALIASES, CONFERENCES, is_tag_of_room, read
from shared.operations.doctor.finding import Check, Finding, Place, problem, sound, warning

MAX_SKEW = 60.0
"""How many seconds the node's clock may be off. With a larger difference, OAuth assertions are rejected, and logs
cannot be compared.
"""

LEAST_BUFFER = 5
"""Minimum value of `meeting_buffer_before` in minutes, so that a rejection cached by a node expires before the
meeting.
"""

_ALIASES_READ = 200
_PAGES_READ = 4
"""How many pages of the node's conferences are read to compare their names with those of meetings."""

_NAMED = 5
"""Maximum number of aliases listed in a finding."""

NodeOf = Callable[[str], Awaitable[ManagementNode | None]]

MeetingOf = Callable[[str], Awaitable[str]]
"""Returns the alias of the integration's meeting that has claimed a conference name, or "" if there is none."""


@dataclass(frozen=True)
class NodeLook:
    """The facts about a node. `refused` is the reason why the account may not write, or "" if it may. `foreign`
    contains aliases of other conferences. `namesakes` contains the aliases of meetings whose names other conferences
    use. Only `compared` of the `conferences` were checked for this.
    """

    version: str
    skew: float
    refused: str
    foreign: tuple[str, ...]
    namesakes: tuple[str, ...]
    compared: int
    conferences: int


class _Version(BaseModel):
    version: str = ""


class _Versions(BaseModel):
    objects: list[_Version] = []


class _Alias(BaseModel):
    alias: str


class _Aliases(BaseModel):
    objects: list[_Alias]


async def look_at_node(
    node: ManagementNode, form: AliasFormat, own: Collection[str], meeting_of: MeetingOf, now: datetime
) -> NodeLook:
    """Gather the facts, in at most eight requests. None of them changes anything, although one writes an empty list.
    `own` contains the aliases of our rooms. Names of meetings must not appear in URLs, so the names on the node are
    read and compared here. Raises NodeFailed, RateLimited. Not confirmed against a live node: an empty bulk PATCH is
    refused if the account may not write.
    """
    date = await node.client.date()
    versions = read(await node.client.get(f"{STATUS}management_vm/", {"limit": 1}), _Versions).objects
    found = await node.client.get(ALIASES, {"alias__startswith": form.prefix, "limit": _ALIASES_READ})
    named = [each.alias for each in read(found, _Aliases).objects if form.may_be(each.alias)]
    refused = ""
    try:
        await node.client.patch(CONFERENCES, {"objects": []})
    except (NodeFailed, NodeRefused) as failed:
        refused = failed.cause if isinstance(failed, NodeFailed) else str(failed).rstrip(".")
    foreign = tuple(alias for alias in named if alias.partition("@")[0] not in own)
    conferences, total = await node.conferences.first(_PAGES_READ)
    others = [each.name for each in conferences if not is_tag_of_room(each.tag)]
    namesakes = tuple(filter(None, await asyncio.gather(*map(meeting_of, others))))
    version = versions[0].version if versions else ""
    return NodeLook(version, _skew(date, now), refused, foreign, namesakes, len(conferences), total)


def judge_node(look: NodeLook | None, cause: str, integration: Integration, place: Place) -> list[Finding]:
    """The findings, or a single one that explains why there are none."""
    if look is None:
        remedy = place.curl("PATCH", "", '{"bridge_url": "https://manager.example.com", "bridge_password": "VALUE"}')
        return [problem(Check.NODE, f"{integration.bridge_url}: {cause}.", remedy)]
    findings = [sound(Check.NODE, f"Version {look.version or 'unknown'} at {integration.bridge_url}.")]
    if look.refused:
        remedy = "On the Management Node, give the account's role the right to write conference and conference_alias."
        findings.append(problem(Check.NODE_RIGHTS, f"Rooms cannot be created: {look.refused}.", remedy))
    else:
        findings.append(sound(Check.NODE_RIGHTS, "Conferences may be read and written."))
    if abs(look.skew) > MAX_SKEW:
        details = f"The Management Node's clock is {abs(look.skew):.0f} s {'ahead' if look.skew > 0 else 'behind'}."
        findings.append(
            problem(Check.NODE_CLOCK, details, "Set NTP servers on the Management Node (System > NTP Servers).")
        )
    else:
        findings.append(sound(Check.NODE_CLOCK, "The Management Node's clock is correct."))
    return [*findings, _judge_aliases(look, place), _judge_names(look)]


def _judge_aliases(look: NodeLook, place: Place) -> Finding:
    if not look.foreign:
        return sound(Check.NODE_ALIASES, "No other conference on the node has an alias like those of meetings.")
    details = (
        f"Other conferences on the node have aliases like those of meetings: {_some(look.foreign)}. A meeting "
        "that gets one of these numbers has no room."
    )
    return warning(Check.NODE_ALIASES, details, place.curl("PATCH", "", '{"scheduled_alias_prefix": "VALUE"}'))


def _judge_names(look: NodeLook) -> Finding:
    of_all = f"{look.compared} of {look.conferences}" if look.compared < look.conferences else f"{look.conferences}"
    if not look.namesakes:
        details = f"No other conference has the name of a scheduled meeting ({of_all} conferences were compared)."
        return sound(Check.NODE_NAMES, details)
    details = (
        f"Other conferences on the node have the same names as these meetings: {_some(look.namesakes)} ({of_all} "
        "conferences were compared). A number is added to the names of the meetings' rooms."
    )
    remedy = "Rename these conferences on the Management Node, or make conference_name_template more specific."
    return warning(Check.NODE_NAMES, details, remedy)


def _some(aliases: Sequence[str]) -> str:
    return ", ".join(aliases[:_NAMED]) + (" …" if len(aliases) > _NAMED else "")


def judge_join_window(integration: Integration, place: Place) -> Finding:
    """Judge whether a rejection cached by a conferencing node can keep people out at the beginning of a meeting."""
    before = integration.meeting_buffer_before
    if before >= LEAST_BUFFER:
        return sound(Check.JOIN_WINDOW, f"People may join {before} minutes before the start.")
    details = (
        f"People may join {before} minutes before the start. A node may cache a rejected call for two or three "
        "minutes, so somebody who dials too early may miss the beginning."
    )
    return warning(Check.JOIN_WINDOW, details, place.curl("PATCH", "", f'{{"meeting_buffer_before": {LEAST_BUFFER}}}'))


def _skew(date: str, now: datetime) -> float:
    try:
        return (parsedate_to_datetime(date) - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0
