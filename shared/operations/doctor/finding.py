"""The results of an examination."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.api_paths import STATUS, uri

OPERATIONS_PATH = uri(STATUS, "scheduling_operation")


class Check(StrEnum):
    """What was checked."""

    CONNECTION = "connection"
    SERVICE_ACCOUNT = "service_account"
    READ_MAIL = "read_mail"
    READ_CALENDAR = "read_calendar"
    ANSWER = "answer_meetings"
    WRITE_MAIL = "write_mail"
    SEND_MAIL = "send_mail"
    MAILBOX_SETTINGS = "mailbox_settings"
    SUBSCRIPTION = "subscription"
    LAG = "lag"
    UNFINISHED = "unfinished"
    SETTINGS = "settings"
    SERVER = "addin_server"
    MANIFEST = "manifest"
    NUMBER_SPACE = "number_space"
    POISON = "poison_messages"
    TEXTS = "texts"
    DOMAINS = "metadata_domains"
    NODE = "management_node"
    NODE_RIGHTS = "management_node_rights"
    NODE_CLOCK = "management_node_clock"
    NODE_ALIASES = "management_node_aliases"
    NODE_NAMES = "management_node_names"
    JOIN_WINDOW = "join_window"


@dataclass(frozen=True)
class Finding:
    """The result of one check: what was found and, if it is a problem, the command that fixes it. A `warning` is not a
    problem: everything works, but somebody should take a look.
    """

    check: Check
    ok: bool
    details: str
    remedy: str = ""
    warning: bool = False


@dataclass(frozen=True)
class Examination:
    """The findings, and the names of all checks for this integration. Each check can also be requested on its own."""

    checks: Sequence[str]
    findings: Sequence[Finding]


def sound(check: Check, details: str) -> Finding:
    """Nothing is wrong."""
    return Finding(check, True, details)


def warning(check: Check, details: str, remedy: str) -> Finding:
    """A finding that is not a problem but that somebody should look at."""
    return Finding(check, True, details, remedy, warning=True)


def problem(check: Check, details: str, remedy: str) -> Finding:
    """Something is wrong."""
    return Finding(check, False, details, remedy)


@dataclass(frozen=True)
class Place:
    """What commands refer to: the mailbox, the app in Entra, and the URLs of the deployment and the integration.
    `app_id` is "<app id>" if the deployment does not know it. `connector` is the integration's path in the management
    API.
    """

    mailbox: str
    app_id: str
    base_url: str
    connector: str

    def curl(self, method: str, path: str, body: str = "") -> str:
        """A call to the management API. A relative path starts at the integration's path."""
        target = f"{self.base_url}{path if path.startswith('/') else self.connector + path}"
        sent = f" -H 'Content-Type: application/json' -d '{body}'" if body else ""
        return f"curl -sS -u ADMIN -X {method}{sent} '{target}'"
