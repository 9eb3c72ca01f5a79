"""The state and configuration of the EWS side."""

from dataclasses import dataclass, field

from dev.exchange.ews.access import Account, seeded
from dev.exchange.ews.extended import ExtendedProperties
from dev.exchange.ews.sync_states import SyncStates

#: ServerVersionInfo by version. The builds are those of late cumulative updates; Version has the values that clients
#: have seen.
BUILDS = {
    "2016": {"MajorVersion": "15", "MinorVersion": "1", "MajorBuildNumber": "2507", "MinorBuildNumber": "39",
             "Version": "V2017_07_11"},
    "2019": {"MajorVersion": "15", "MinorVersion": "2", "MajorBuildNumber": "1544", "MinorBuildNumber": "11",
             "Version": "V2017_07_11"},
}  # fmt: skip


@dataclass
class Ews:
    """The EWS side of one simulated Exchange.

    ``version`` is a key of `BUILDS`. With ``layer7_balancer``, each request arrives on a separate connection, as behind
    a balancer that redistributes requests: NTLM, which authenticates a connection, never succeeds. With
    ``renews_answered``, answering gives the calendar item another id: according to the EWS Managed API's guide to
    responses (2012), the service deletes and recreates it. ews-managed-api issue 255 (2020) reports servers of both
    kinds; which kind 2016 and 2019 are could not be confirmed. A client must handle both.

    How grommunio's EWS differs from Exchange: without ``marks_drafts``, the IsDraft of a saved mail is false; without
    ``expands_views``, a calendar view shows a series' master instead of its occurrences; without ``names_occurrences``,
    the associated item of a message about one occurrence is the master; without ``searches_binary``, FindItem refuses
    restrictions on binary properties; with ``plain_faults``, every fault is text only. With ``never_at_end``,
    SyncFolderItems always says that there is more, which exchangelib's source reports of some servers.
    """

    version: str = "2019"
    layer7_balancer: bool = False
    renews_answered: bool = True
    marks_drafts: bool = True
    expands_views: bool = True
    names_occurrences: bool = True
    searches_binary: bool = True
    plain_faults: bool = False
    never_at_end: bool = False
    schemes: tuple[str, ...] = ("Negotiate", "NTLM", 'Basic realm="localhost"')
    accounts: list[Account] = field(default_factory=seeded)
    properties: ExtendedProperties = field(default_factory=ExtendedProperties)
    states: SyncStates = field(default_factory=SyncStates)

    def account(self, username: str) -> Account | None:
        """The account with that sign-in name."""
        return next((account for account in self.accounts if account.is_(username)), None)
