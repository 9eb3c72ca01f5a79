"""Access rights in EWS: service accounts with passwords, impersonation (with a management scope), and delegate
access.
"""

from dataclasses import dataclass, field

from dev.exchange.directory import User
from dev.exchange.ews.errors import EwsError, SoapFaultError

DOMAIN, DNS_DOMAIN = "EXAMPLE", "example.com"
_EQUIPMENT = ("vmr@example.com", "vmr2@example.com", "vmr-ews@example.com")


@dataclass
class Account:
    """An account in the domain that signs in to EWS. It has no mailbox.

    ``impersonates`` are the addresses in its management scope, and ``opens`` the mailboxes to which it has full access.
    """

    name: str
    address: str
    password: str
    impersonates: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()

    def is_(self, username: str) -> bool:
        r"""Whether the account has this sign-in name: NAME, DOMAIN\NAME or its address, ignoring case."""
        domain, _, name = username.casefold().rpartition("\\")
        return name in (self.name, self.address) and domain in ("", DOMAIN.casefold(), DNS_DOMAIN)


def seeded() -> list[Account]:
    """The local stack's accounts. ``svc-norights`` has no rights, as if the cmdlets had not been run for it.

    ``service`` is the account that signs in through the stack's provider.
    """
    scope = frozenset({*_EQUIPMENT, "alice@example.com", "bob@example.com"})
    return [
        Account("svc-vmr", "svc-vmr@example.com", "local-ews", scope, frozenset(_EQUIPMENT)),
        Account("service", "service@example.com", "local-ews", scope, frozenset(_EQUIPMENT)),
        Account("svc-norights", "svc-norights@example.com", "local-ews"),
    ]


@dataclass(frozen=True)
class Caller:
    """The signed-in caller: an account, or an application with full_access_as_app."""

    account: Account | None = None

    @property
    def name(self) -> str:
        """The name under which connections are counted."""
        return self.account.name if self.account else "application"


@dataclass(frozen=True)
class Actor:
    """The identity with which a request acts. ``user`` is the impersonated user, or None for the account itself."""

    caller: Caller
    user: User | None = None
    opens: frozenset[str] = field(default_factory=frozenset)

    def may_open(self, owner: User) -> bool:
        """Whether the mailbox is the actor's own, or one to which the actor has full access."""
        return owner == self.user or owner.address.casefold() in self.opens


def impersonating(caller: Caller, user: User | None, *, asked: bool) -> Actor:
    """Return the identity with which a request acts. ``asked`` without ``user`` means that the request impersonates a
    user who has no mailbox. Raises `SoapFaultError`.
    """
    account = caller.account
    if not asked:
        if account is None:
            # An application has no mailbox, so it must always impersonate a user.
            raise SoapFaultError("ErrorInvalidRequest", "ExchangeImpersonation SOAP header must be present.")
        return Actor(caller, opens=account.opens)
    if user is None:
        raise SoapFaultError("ErrorNonExistentMailbox")
    if account and user.address.casefold() not in account.impersonates:
        raise SoapFaultError("ErrorImpersonateUserDenied")
    return Actor(caller, user)


def check_access(actor: Actor, owner: User, code: str) -> None:
    """Check that the caller may open the mailbox; if not, raises `EwsError` with the given code."""
    if not actor.may_open(owner):
        raise EwsError(code)
