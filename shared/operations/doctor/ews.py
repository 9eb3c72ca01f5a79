"""Judges access to a mailbox through EWS: what blocks it, and the command that fixes it (O2, E2)."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from shared.errors import RateLimited, SchedulingError
from shared.integrations import Integration
from shared.integrations.combinations import NO_KERBEROS
from shared.mailboxes.access import Attempt
from shared.mailboxes.ews.failures import EwsUnavailable, Trouble
from shared.operations.doctor.access import quoted
from shared.operations.doctor.finding import Check, Finding, Place, problem, sound


def judge_kerberos(place: Place) -> Finding:
    """A finding about settings that can never work here."""
    return problem(Check.CONNECTION, NO_KERBEROS, place.curl("PATCH", "", '{"authentication_method": "NTLM"}'))


def judge_ews(attempts: Sequence[Attempt], integration: Integration, place: Place) -> Finding:
    """One finding for the connection. There are none for individual rights, because impersonation and full access grant
    them all.
    """
    failures = [attempt.failure for attempt in attempts if attempt.failure]
    if not failures:
        return sound(Check.CONNECTION, "EWS can be reached, and the service account has access to the mailbox.")
    trouble = _trouble(failures[0])
    if trouble is Trouble.SIGN_IN and len(failures) < len(attempts):
        details = (
            "Exchange accepts the service account on some connections and refuses it on others (401): a layer-7 load "
            "balancer sends the steps of one NTLM sign-in to different servers."
        )
        return problem(Check.CONNECTION, details, _BALANCER)
    return problem(Check.CONNECTION, str(failures[0]), _REMEDIES[trouble](integration, place))


def _trouble(failure: SchedulingError) -> Trouble:
    """The finding about what blocks access. Other errors, such as a missing secret, have messages that explain what to
    do.
    """
    if isinstance(failure, EwsUnavailable):
        return failure.trouble
    return Trouble.BUSY if isinstance(failure, RateLimited) else Trouble.OTHER


_BALANCER = (
    "Set the load balancer to layer 4 (TCP) with source affinity for /EWS, or use the EWS URL of one server. "
    "See docs/exchange-onpremises.md."
)


def _reach(integration: Integration, _: Place) -> str:
    return f"curl -sSv -o /dev/null {integration.url}  # where the app runs: with its network, firewalls, routes"


def _name(integration: Integration, _: Place) -> str:
    return f"nslookup {_host(integration)}  # with the DNS servers that the app's network uses"


def _certificate(integration: Integration, _: Place) -> str:
    host = _host(integration)
    return (
        f"openssl s_client -connect {host}:443 -servername {host} </dev/null | openssl x509 -noout -issuer -dates; "
        "cat OUR-AUTHORITY.pem >> infra/authorities.pem; infra/deploy.sh --resource-group GROUP --location REGION"
    )


def _proxy(_: Integration, place: Place) -> str:
    listed = "az functionapp config appsettings list --resource-group GROUP --name APP  # HTTPS_PROXY; to bypass it: "
    return listed + place.curl("PATCH", "", '{"disable_proxy": true}')


def _sign_in(integration: Integration, place: Place) -> str:
    if integration.authentication_method in ("OAUTH", "APP_PERM"):
        return (
            "Set-WebServicesVirtualDirectory -OAuthAuthentication $true on-premises; in Exchange Online: "
            f"Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs {integration.oauth_client_id}"
        )
    remedy = place.curl("PATCH", "", '{"username": "NAME@DOMAIN", "password": "…"}')
    return f"{remedy}; if it is right, and NTLM is used: {_BALANCER}"


def _url(_: Integration, place: Place) -> str:
    asked = "Get-WebServicesVirtualDirectory | Format-List InternalUrl, ExternalUrl"
    return f"{asked}; " + place.curl("PATCH", "", '{"url": "https://…/EWS/Exchange.asmx"}')


def _impersonation(integration: Integration, place: Place) -> str:
    """The commands that grant access, as in infra/grants/exchange-onpremises.ps1. An application needs a role in
    Exchange Online instead.
    """
    mailbox, account = quoted(place.mailbox), quoted(integration.username)
    scope = f'"VMR scheduling $((Get-Mailbox {mailbox}).ExchangeGuid)"'
    if integration.authentication_method == "APP_PERM":
        role, app = "'Application EWS.AccessAsApp'", integration.oauth_client_id
        return f"New-ManagementRoleAssignment -App {app} -Role {role} -CustomResourceScope {scope}"
    return (
        f'New-ManagementScope -Name {scope} -RecipientRestrictionFilter "PrimarySmtpAddress -eq {mailbox}"; '
        f"New-ManagementRoleAssignment -Name {scope} -Role ApplicationImpersonation -User {account} "
        f"-CustomRecipientWriteScope {scope}"
    )


def _mailbox(_: Integration, place: Place) -> str:
    return f"New-Mailbox -Equipment -Name 'Video rooms' -PrimarySmtpAddress {quoted(place.mailbox)}"


def _access(integration: Integration, place: Place) -> str:
    if integration.ews_access != "delegate":
        return _impersonation(integration, place)
    return (
        f"Add-MailboxPermission -Identity {quoted(place.mailbox)} -User {quoted(integration.username)} "
        "-AccessRights FullAccess -InheritanceType All -AutoMapping $false; "
        f"Add-ADPermission -Identity (Get-Mailbox {quoted(place.mailbox)}).DistinguishedName "
        f"-User {quoted(integration.username)} -ExtendedRights 'Send As'"
    )


def _again(_: Integration, place: Place) -> str:
    return place.curl("GET", "doctor/")


_REMEDIES: Mapping[Trouble, Callable[[Integration, Place], str]] = {
    Trouble.UNREACHABLE: _reach,
    Trouble.SILENT: _reach,
    Trouble.NAME: _name,
    Trouble.CERTIFICATE: _certificate,
    Trouble.PROXY: _proxy,
    Trouble.SIGN_IN: _sign_in,
    Trouble.NOT_EWS: _url,
    Trouble.UNREADABLE: _url,
    Trouble.IMPERSONATION: _impersonation,
    Trouble.NO_MAILBOX: _mailbox,
    Trouble.ACCESS: _access,
    Trouble.BUSY: _again,
    Trouble.OTHER: _again,
}


def _host(integration: Integration) -> str:
    return urlsplit(integration.url).hostname or ""
