"""App registrations in Entra: created once, then updated, and never made more restrictive than an admin has set them.

A registration is identified by its `uniqueName`: Graph creates or changes the registration with that name. A PATCH
replaces whole lists, so existing entries are read first and kept. Afterwards the result is read back.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.azure import AzError, RetryPolicy, az, az_or, fail, rest

Document = dict[str, Any]

MULTI_TENANT = "AzureADMultipleOrgs"
SINGLE_TENANT = "AzureADMyOrg"
NOT_REPLICATED = ("ResourceNotFound", "does not exist", "NoBackingApplicationObject", "valid application object")
"""The errors that Entra returns until all of its servers know a new object."""


@dataclass(frozen=True)
class Tenant:
    """The directory that az is logged in to. Its addresses have no trailing slash."""

    id: str
    graph: str
    authority: str

    @classmethod
    def logged_in(cls) -> "Tenant":
        """The tenant that az is logged in to. No subscription is needed."""
        try:
            account = az("account", "show")
        except AzError:
            fail("you are not logged in", "az login --allow-no-subscriptions")
        endpoints = az_or("the cloud's addresses cannot be read", "az cloud show", "cloud", "show")["endpoints"]
        graph = str(endpoints["microsoftGraphResourceId"]).rstrip("/")
        return cls(account["tenantId"], f"{graph}/v1.0", str(endpoints["activeDirectory"]).rstrip("/"))


@dataclass(frozen=True)
class Registration:
    """An existing app registration.

    `object_id` is that of the registration, `principal` that of the enterprise application.
    """

    app_id: str
    object_id: str
    principal: str


def retry_policy() -> RetryPolicy:
    """How long to wait for Entra's replication: two minutes, unless the environment overrides it."""
    return RetryPolicy(int(os.environ.get("DEPLOY_TRIES", "24")), float(os.environ.get("DEPLOY_PAUSE", "5")))


def register(tenant: Tenant, name: str, wanted: Document) -> Registration:
    """Create a registration or add the desired values to an existing one, and create its enterprise application."""
    url = f"{tenant.graph}/applications(uniqueName='{name}')"
    _write(url, merged(_read(url) or {}, wanted), "Prefer=create-if-missing")
    written = _read_back(url, wanted)
    return Registration(written["appId"], written["id"], _enterprise_app(written["appId"]))


def change(tenant: Tenant, registration: Registration, wanted: Document) -> None:
    """Add to an existing registration."""
    url = f"{tenant.graph}/applications/{registration.object_id}"
    _write(url, merged(_read(url) or {}, wanted))
    _read_back(url, wanted)


def existing_audience(tenant: Tenant, name: str) -> str:
    """Which tenants' users a registration accepts; "" if the registration does not exist yet."""
    return str((_read(f"{tenant.graph}/applications(uniqueName='{name}')") or {}).get("signInAudience", ""))


def _read(url: str) -> Document | None:
    try:
        return dict(rest("get", url))
    except AzError as error:
        if _is_unknown(error):
            return None
        fail(f"app registrations cannot be read: {error}", "you need permission to read app registrations in Entra")


def _write(url: str, document: Document, *headers: str) -> None:
    try:
        _replicated(lambda: rest("patch", url, document, *headers))
    except AzError as error:
        fail(
            f"the app registration cannot be written: {error}",
            "you need the Entra role Application Developer or higher",
        )


def _read_back(url: str, wanted: Document) -> Document:
    """The registration as Entra returns it, once it contains all desired values."""

    def attempt() -> Document:
        found = _read(url)
        if found is None or missing(found, wanted):
            raise AzError(f"values that differ: {', '.join(missing(found or {}, wanted))}")
        return found

    try:
        return retry_policy().until(attempt, lambda _: True, "Entra")
    except AzError as error:
        fail(f"Entra did not accept the registration {error}", "run this again; see App registrations in the portal")


def _enterprise_app(app_id: str) -> str:
    """The object id of the app's enterprise application in this tenant, created if it is missing."""
    listing = ("ad", "sp", "list", "--filter", f"appId eq '{app_id}'")
    found = az_or("the enterprise applications cannot be read", "run this again", *listing)
    if found:
        return str(found[0]["id"])
    try:
        made = _replicated(lambda: az("ad", "sp", "create", "--id", app_id))
    except AzError as error:
        fail(
            f"the enterprise application of {app_id} cannot be created: {error}",
            "you need the Entra role Application Administrator",
        )
    return str(made["id"])


def _replicated(attempt: Callable[[], Any]) -> Any:
    """The attempt's result, once the new object is known throughout Entra. Raises AzError."""
    return retry_policy().until(attempt, _is_unknown, "Entra")


def _is_unknown(error: AzError) -> bool:
    return any(mark in str(error) for mark in NOT_REPLICATED)


def merged(existing: Any, wanted: Any) -> Any:
    """The desired values plus the existing entries in lists. Objects have only the desired fields."""
    if isinstance(wanted, dict):
        there = existing if isinstance(existing, dict) else {}
        return {key: merged(there.get(key), value) for key, value in wanted.items()}
    if isinstance(wanted, list):
        names = {_name(entry) for entry in wanted}
        return [entry for entry in existing or [] if _name(entry) not in names] + wanted
    return wanted


def missing(found: Any, wanted: Any, path: str = "") -> list[str]:
    """The paths of desired values that are missing."""
    if isinstance(wanted, dict):
        there = found if isinstance(found, dict) else {}
        below = [missing(there.get(key), value, f"{path}.{key}".strip(".")) for key, value in wanted.items()]
        return [gap for gaps in below for gap in gaps]
    if isinstance(wanted, list):
        entries = {_name(entry): entry for entry in found or []}
        return [gap for entry in wanted for gap in missing(entries.get(_name(entry)), entry, path)]
    return [] if found == wanted else [path]


def _name(entry: Any) -> Any:
    """What identifies an entry in a list: an object's id, or the value itself."""
    return (entry.get("id") or entry.get("appId")) if isinstance(entry, dict) else entry
