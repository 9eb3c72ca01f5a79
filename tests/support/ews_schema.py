"""Validation of all requests to and responses from the simulated EWS against Microsoft's schemas."""

from functools import cache
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from dev.exchange.ews.xml import SOAP, child, children, local
from tests.support import ROOT

SCHEMAS = ROOT.parent / "shared" / "data" / "ews-xsd"
"""Reference material next to the repository. Nothing is validated without it."""

BY_HAND = "python-httpx/"
"""How the User-Agents of hand-written requests start. These requests may be invalid on purpose."""

UNKNOWN_CODE = "'ErrorOfNobodysKnowledge'"
"""A response code that Exchange does not have, but that the server sends in some tests."""


@cache
def schema() -> Any:
    """The schema in messages.xsd, with its imports."""
    return etree.XMLSchema(etree.parse(SCHEMAS / "messages.xsd"))


class SchemaJudge:
    """A collector of schema violations. SOAP faults are not checked, because there is no schema for their details."""

    def __init__(self) -> None:
        self.requests = self.answers = 0
        self.violations: list[str] = []

    def __call__(self, agent: str, request: Any, answer: Any) -> None:
        """Check a call, given the client's User-Agent and the request and response envelopes."""
        if not agent.startswith(BY_HAND):
            self.requests += 1
            self._check("request", request)
        self.answers += 1
        self._check("answer", answer)

    def _check(self, what: str, envelope: Any) -> None:
        parts = [*children(child(envelope, "Header", SOAP)), *children(child(envelope, "Body", SOAP))]
        for part in parts:
            if part.tag == f"{{{SOAP}}}Fault":
                continue
            if not schema().validate(part):
                wrong = (error.message for error in schema().error_log if UNKNOWN_CODE not in error.message)
                self.violations += [f"{what} {local(part)}: {message}" for message in wrong]
