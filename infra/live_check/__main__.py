"""Checks whether a real tenant behaves as the product expects, which no local test can prove. Prints a table.

infra/live-check is this program; on Windows without a shell: python -m infra.live_check
"""

import argparse
import re
import sys

from infra.azure import fail, say, step
from infra.live_check.graph import GRAPH, LOCAL, Graph, Refused
from infra.live_check.meetings import Mailboxes
from infra.live_check.reading import Reading
from infra.live_check.table import BORNE, DIFFERS, HOLDS, NOT_TRIED, Table
from infra.live_check.token import CLIENT, SECRET, TENANT, TOKEN, graph_token
from infra.live_check.writing import Writing

_ADDRESS = re.compile(r"[^@\s/]+@[^@\s/]+")
_LOCAL = re.compile(re.escape(LOCAL) + r"\d{1,5}(/[\w./-]*)?")


def arguments_of(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line. Ends the program if it is invalid."""
    parser = argparse.ArgumentParser(
        prog="infra/live-check",
        description=(__doc__ or "").splitlines()[0],
        epilog=f"Without --write nothing is changed. Credentials come from the environment only: {TENANT}, {CLIENT},"
        f" {SECRET} of an app registration with the grants in docs/exchange.md, or an access token in {TOKEN}.",
    )
    parser.add_argument("--equipment", required=True, metavar="ADDRESS", type=_address, help="the equipment mailbox")
    parser.add_argument(
        "--other", metavar="ADDRESS", type=_address, help="a mailbox that the app must not have access to"
    )
    parser.add_argument("--write", action="store_true", help="schedule meetings, in two mailboxes that nobody uses")
    parser.add_argument(
        "--organizer", metavar="ADDRESS", type=_address, help="with --write: the mailbox that sends invitations"
    )
    parser.add_argument("--app", metavar="URL", type=_app, help="with --write: the app's address, for its webhook")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument("--mail-timeout", type=float, default=120, metavar="SECONDS", help="how long mail may take")
    parser.add_argument("--graph", default=GRAPH, metavar="URL", type=_graph, help="a simulated Graph on this machine")
    given = parser.parse_args(argv)
    if given.write and not given.organizer:
        parser.error("--write needs --organizer: two mailboxes that nobody uses")
    if given.write and given.organizer.casefold() == given.equipment.casefold():
        parser.error("--organizer and --equipment must be different mailboxes")
    if given.organizer and not given.write:
        parser.error("--organizer requires --write")
    return given


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise argparse.ArgumentTypeError("an address like vmr@example.com is needed")
    return text


def _app(text: str) -> str:
    if not text.startswith(("https://", LOCAL)):
        raise argparse.ArgumentTypeError("an address like https://app.azurewebsites.net is needed")
    return text.rstrip("/")


def _graph(text: str) -> str:
    """Check where the token would be sent: only Graph and this machine are allowed."""
    if text != GRAPH and not _LOCAL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"only {LOCAL}PORT, a simulated Graph, can be given")
    return text


def confirm(given: argparse.Namespace) -> None:
    """Ask before anything is written. Ends the program unless the answer is yes."""
    what = f"Meetings are scheduled between {given.organizer} and {given.equipment}, and removed afterwards."
    if given.yes:
        say(what)
        return
    if not sys.stdin.isatty():
        fail("there is no terminal to confirm this on", "run this with --yes")
    if input(f"{what}\nAre both mailboxes unused? Type yes: ") != "yes":
        fail("you cancelled; nothing was changed", "choose two mailboxes that nobody uses")


def write(table: Table, graph: Graph, given: argparse.Namespace) -> None:
    """Run the checks that need meetings. The meetings are always removed afterwards."""
    boxes = Mailboxes(graph, given.organizer, given.equipment, given.mail_timeout, min(2.0, given.mail_timeout / 20))
    try:
        Writing(table, boxes, given.app or "").run()
    finally:
        step("Cleaning up")
        say(cleaned(boxes))


def cleaned(boxes: Mailboxes) -> str:
    """Remove everything that this run has created; returns the result as text."""
    by_hand = f'remove everything named "{boxes.mark}" manually, in both mailboxes'
    try:
        return f"some items remain: {by_hand}" if boxes.clean() else "nothing is left"
    except (Refused, OSError) as error:
        return f"it failed ({error}): {by_hand}"


def run(given: argparse.Namespace) -> Table:
    """Run all checks. The results are printed even if some checks cannot be run."""
    token, table = graph_token(), Table()
    graph = Graph(token, given.graph)
    try:
        step("Reading")
        Reading(graph, table, given.equipment, given.other or "").run(token)
        if given.write:
            step("Scheduling meetings (takes a few minutes)")
            write(table, graph, given)
    finally:
        step("Results")
        say(table.text(), "", ", ".join(f"{table.count(v)} {v}" for v in (HOLDS, DIFFERS, BORNE, NOT_TRIED)))
    return table


def main(argv: list[str] | None = None) -> None:
    """Run the program. It exits with status 1 if the tenant behaves differently from what the product relies on."""
    given = arguments_of(argv)
    if given.write:
        confirm(given)
    try:
        table = run(given)
    except OSError as error:
        fail(f"Graph cannot be reached ({type(error).__name__})", "check the network and the proxy, and run this again")
    if table.count(DIFFERS):
        fail(
            "this tenant behaves differently from what the product relies on",
            "please report it: the table contains no personal data",
        )


if __name__ == "__main__":
    main()
