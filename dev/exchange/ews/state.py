"""The state and configuration of EWS."""

from dataclasses import dataclass, field

from dev.exchange.ews.access import Account, seeded
from dev.exchange.ews.extended import ExtendedProperties
from dev.exchange.ews.sync_states import SyncStates

#: ServerVersionInfo, keyed by version. The builds are from late cumulative updates. The values of Version are from
#: clients' reports.
BUILDS = {
    "2016": {"MajorVersion": "15", "MinorVersion": "1", "MajorBuildNumber": "2507", "MinorBuildNumber": "39",
             "Version": "V2017_07_11"},
    "2019": {"MajorVersion": "15", "MinorVersion": "2", "MajorBuildNumber": "1544", "MinorBuildNumber": "11",
             "Version": "V2017_07_11"},
}  # fmt: skip


@dataclass
class Ews:
    """The EWS part of a simulated Exchange.

    ``version`` is a key of `BUILDS`. With ``layer7_balancer``, each request arrives on a separate connection, as if a
    balancer redistributed requests. NTLM then never succeeds, because it authenticates a connection. With
    ``renews_answered``, a calendar item gets another id when it is answered. According to the EWS Managed API's guide
    to responses (2012), the service deletes and recreates it. ews-managed-api issue 255 (2020) reports servers of both
    kinds. It has not been confirmed against live servers how Exchange 2016 and 2019 behave. A client must handle both
    cases.

    The other settings describe how grommunio's EWS differs from Exchange. Without ``marks_drafts``, a draft's IsDraft
    is false. Without ``expands_views``, a calendar view shows a series' master instead of its occurrences. Without
    ``names_occurrences``, the associated item of a message about one occurrence is the master. Without
    ``searches_binary``, FindItem refuses restrictions on binary properties. With ``plain_faults``, every fault is text
    only. With ``never_at_end``, SyncFolderItems always reports that there are more changes, as some servers do
    according to exchangelib's source.
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
        """The account with the given sign-in name."""
        return next((account for account in self.accounts if account.is_(username)), None)
