"""Looks up a mailbox's other addresses in Exchange's address book through EWS. `resolve` blocks, like the functions of
operations.py.
"""

from collections.abc import Iterator, Sequence

from exchangelib import Account

from shared.mail_addresses import same_address
from shared.mailboxes.ews.node import Node
from shared.mailboxes.ews.services import Resolve


def resolve(account: Account, address: str) -> tuple[str, ...]:
    """The proxy addresses of the mailbox with this address, from the address book; () if there are none. Takes one
    call.

    The prefix "smtp:" searches all addresses; without it, only primary ones are searched (UnresolvedEntry reference).
    """
    resolved = Resolve(account=account).call(
        unresolved_entries=[f"smtp:{address}"], return_full_contact_data=True, search_scope="ActiveDirectory"
    )
    return addresses([each for each in resolved if isinstance(each, Node)], address)


def addresses(resolutions: Sequence[Node], address: str) -> tuple[str, ...]:
    """The addresses of the only match or, if there are several, of the one that owns the address. Other matches may
    merely start with the address.

    A mailbox whose RoutingType is EX is identified by its legacy Exchange DN. A contact has at most three addresses.
    """
    all_ = [tuple(_addresses(each)) for each in resolutions]
    bearers = [found for found in all_ if any(same_address(address, _bare(each)) for each in found)]
    return (bearers or all_)[0] if len(bearers or all_) == 1 else ()


def _addresses(resolution: Node) -> Iterator[str]:
    told = [resolution.text("Mailbox/EmailAddress")]
    told += [entry.own_text() for entry in resolution.all("Contact/EmailAddresses/Entry")]
    return filter(None, told)


def _bare(proxy: str) -> str:
    return proxy[5:] if proxy[:5].lower() == "smtp:" else proxy
