"""Microsoft's EWS schemas as a judge of every request that the simulated EWS receives and every answer it gives."""

from functools import cache
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from dev.exchange.ews.xml import SOAP, child, children, local
from tests.support import ROOT

SCHEMAS = ROOT.parent / "shared" / "data" / "ews-xsd"
"""Reference material next to the repository; nothing is validated without it."""

BY_HAND = "python-httpx/"
"""The user agents of requests that a test has written by hand, sometimes invalid on purpose."""

UNKNOWN_CODE = "'ErrorOfNobodysKnowledge'"
"""A response code that tests make the server invent."""


@cache
def schema() -> Any:
    """messages.xsd with what it imports."""
    return etree.XMLSchema(etree.parse(SCHEMAS / "messages.xsd"))


class SchemaJudge:
    """Collects violations of the schemas. Faults are defined by SOAP, and their detail has no schema."""

    def __init__(self) -> None:
        self.requests = self.answers = 0
        self.violations: list[str] = []

    def __call__(self, agent: str, request: Any, answer: Any) -> None:
        """Judge one call: the client's User-Agent, and the envelopes of request and answer."""
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
