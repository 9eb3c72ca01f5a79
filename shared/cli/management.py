"""A client of the management API over HTTP: reads lists in pages, uses ETags, and turns error responses into
exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx

from shared.api_paths import CONFIGURATION, CONNECTOR, STATUS, uri
from shared.cli.outcome import CommandFailed, Exit
from shared.errors import SettingsInvalid
from shared.integrations.syntax import is_guid
from shared.management.meeting_objects import FIRST_MEETING_ID

Object: TypeAlias = dict[str, Any]

_INTEGRATIONS = uri(CONFIGURATION, CONNECTOR)
_ALIASES = uri(CONFIGURATION, "scheduled_alias")
_SCHEDULED = uri(CONFIGURATION, "scheduled_conference")
_OPERATIONS = uri(STATUS, "scheduling_operation")
_MEETINGS = uri(STATUS, "meeting")
_ALARMS = uri(STATUS, "alarm")
_CHANGES = uri(STATUS, "change")
_API_CLIENTS = uri(CONFIGURATION, "oauth2_client")
_ROLES = uri(CONFIGURATION, "role")
_VMRS = uri(CONFIGURATION, "conference")
_PAGE_SIZE = 100
_MANY = 1000

_EXITS = {
    401: Exit.ACCESS,
    403: Exit.ACCESS,
    404: Exit.MISSING,
    409: Exit.CONFLICT,
    412: Exit.CONFLICT,
    429: Exit.UNAVAILABLE,
}


@dataclass(frozen=True)
class Saved:
    """An integration in the deployment, and its ETag."""

    fields: Object
    etag: str

    @property
    def id(self) -> int:
        """The integration's number in the deployment."""
        return int(self.fields["id"])


class ManagementClient:
    """The commands' view of a deployment.

    Every method raises CommandFailed if the deployment refuses or does not respond. Methods that send settings raise
    SettingsInvalid with the problems, keyed by field.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def integrations(self, **filters: str) -> list[Object]:
        """All integrations that match the filters, such as `name="Example Corp"`."""
        return self._all(_INTEGRATIONS, filters)

    def first_integrations(self, most: int) -> tuple[list[Object], int]:
        """The first `most` integrations (at most 100, in one page), and how many there are in total."""
        return _page(self._send("GET", _INTEGRATIONS, params={"limit": str(most)}))

    def vmrs(self, **filters: str) -> list[Object]:
        """Personal VMRs."""
        return self._all(_VMRS, {**filters, "id__lt": str(FIRST_MEETING_ID)}, _MANY)

    def delete_vmr(self, id_: int) -> None:
        """Delete a personal VMR."""
        self._send("DELETE", f"{_VMRS}{id_}/")

    def patch_vmrs(self, objects: Sequence[Object]) -> None:
        """Create VMRs, and change those with a `resource_uri`. Problems are keyed by `objects.<place>.<field>`."""
        self._send("PATCH", _VMRS, json={"objects": objects})

    def alarms(self) -> list[Object]:
        """All alarms."""
        return self._all(_ALARMS, {})

    def operations(self, most: int | None = None, **filters: str) -> list[Object]:
        """At most `most` decisions on meeting messages."""
        return self._all(_OPERATIONS, filters, most=most)

    def meetings(self, most: int, **filters: str) -> list[Object]:
        """At most `most` scheduled meetings."""
        return self._all(_MEETINGS, filters, most=most)

    def search_meetings(self, most: int, text: str) -> tuple[list[Object], int | None]:
        """At most `most` meetings that contain the given text, latest first, and how many were searched (None if all
        were).
        """
        found = self._send("GET", _MEETINGS, params={"order_by": "-start", "text": text, "limit": str(most)})
        return _page(found)[0], _object(found)["meta"].get("examined")

    def act_on_meeting(self, id_: int, action: str, **sent: str) -> Object:
        """Close or reopen a meeting's room, or carry out another action. Returns the updated meeting."""
        return _object(self._send("POST", f"{_MEETINGS}{id_}/{action}/", json=sent))

    def changes(self, most: int, **filters: str) -> list[Object]:
        """At most `most` changes made by admins, newest first. Long values are shortened."""
        return self._all(_CHANGES, filters, most=most)

    def change_of(self, id_: int) -> Object:
        """One change, whole."""
        return _object(self._send("GET", f"{_CHANGES}{id_}/"))

    def revert(self, id_: int, fields: Mapping[str, str], *, force: bool) -> Object:
        """Revert a change. Returns the change that reverts it, with `not_restored`."""
        return _object(self._send("POST", f"{_CHANGES}{id_}/revert/", json={"fields": fields, "force": force}))

    def aliases(self, **filters: str) -> list[Object]:
        """Allocated aliases and their tags."""
        return self._all(_ALIASES, filters)

    def scheduled(self, **filters: str) -> list[Object]:
        """The current or next occurrence of every scheduled meeting."""
        return self._all(_SCHEDULED, filters)

    def doctor(self, id_: int) -> Object:
        """The doctor's report on an integration: {integration, healthy, findings}."""
        return _object(self._send("GET", f"{_INTEGRATIONS}{id_}/doctor/"))

    def integration(self, reference: str) -> Object:
        """The integration with the given UUID, id or name. Raises CommandFailed unless there is exactly one."""
        if is_guid(reference):
            filters = {"uuid": reference.lower()}
        else:
            filters = {"id" if re.fullmatch("[0-9]{1,18}", reference) else "name": reference}
        found = self.integrations(**filters)
        if not found:
            raise CommandFailed(
                Exit.MISSING, f"There is no integration {reference!r}: `integrations list` shows the existing ones."
            )
        if len(found) > 1:
            uuids = ", ".join(str(each["uuid"]) for each in found)
            raise CommandFailed(Exit.CONFLICT, f"{len(found)} integrations are named {reference!r}: {uuids}.")
        return found[0]

    def read(self, id_: int) -> Saved:
        """The integration with the given id, and its ETag."""
        answer = self._send("GET", f"{_INTEGRATIONS}{id_}/")
        etag = answer.headers.get("ETag", "")
        if not etag:  # without an ETag, a save could overwrite somebody else's
            raise CommandFailed(Exit.UNAVAILABLE, "The deployment sent no ETag. Does a proxy remove it?")
        return Saved(_object(answer), etag)

    def create(self, fields: Mapping[str, Any]) -> Object:
        """A new integration."""
        return _object(self._send("POST", _INTEGRATIONS, json=fields))

    def change(self, before: Saved, fields: Mapping[str, Any]) -> Object:
        """Change fields, unless the integration has been changed since it was read."""
        answer = self._send("PATCH", f"{_INTEGRATIONS}{before.id}/", json=fields, headers={"If-Match": before.etag})
        return _object(answer)

    def check(self, before: Saved, fields: Mapping[str, Any]) -> None:
        """Check whether these changes could be saved, without saving them."""
        self._send("POST", f"{_INTEGRATIONS}{before.id}/check/", json=fields)

    def preview(self, id_: int, template: str, text: str | None, values: Mapping[str, Any]) -> Object:
        """The preview of a template (T4); `text` None previews the saved one."""
        sent = {"template": template, "values": values} | ({} if text is None else {"text": text})
        return _object(self._send("POST", f"{_INTEGRATIONS}{id_}/preview/", json=sent))

    def manifest_installed(self, id_: int, revision: int) -> None:
        """Record that this revision of the manifest is installed. Raises CommandFailed if there is a newer one."""
        self._send("POST", f"{_INTEGRATIONS}{id_}/manifest_installed/", json={"manifest_revision": revision})

    def sign_in(self, id_: int) -> Object:
        """A link for signing in the service account: `sign_in_link`, `expires` (UTC), `redirect_uri`."""
        return _object(self._send("POST", f"{_INTEGRATIONS}{id_}/sign_in/"))

    def api_clients(self) -> list[Object]:
        """All OAuth2 clients."""
        return self._all(_API_CLIENTS, {})

    def roles(self) -> list[Object]:
        """All roles that a client can have."""
        return self._all(_ROLES, {})

    def create_api_client(self, name: str, role: str) -> Object:
        """Create an OAuth2 client with a role, given by its URI. `private_key_jwt` cannot be retrieved later."""
        return _object(self._send("POST", _API_CLIENTS, json={"client_name": name, "role": role}))

    def delete_api_client(self, id_: int) -> None:
        """Remove an OAuth2 client."""
        self._send("DELETE", f"{_API_CLIENTS}{id_}/")

    @property
    def token_url(self) -> str:
        """Where OAuth2 clients get their access tokens."""
        return f"{str(self._http.base_url).rstrip('/')}/oauth/token/"

    def _all(
        self, path: str, filters: Mapping[str, str], limit: int = _PAGE_SIZE, *, most: int | None = None
    ) -> list[Object]:
        """Every page of a list, or at most `most` of its objects.

        Pages are requested by offset, because `meta.next` does not include a path prefix.
        """
        found: list[Object] = []
        while True:
            size = limit if most is None else min(limit, most - len(found))
            objects, total = _page(
                self._send("GET", path, params={**filters, "limit": str(size), "offset": str(len(found))})
            )
            found += objects
            if not objects or len(found) >= (total if most is None else min(total, most)):
                return found

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.TimeoutException as error:
            message = f"{self._http.base_url} did not respond in time. Try again; the request may have taken effect."
            raise CommandFailed(Exit.UNAVAILABLE, message) from error
        except httpx.RequestError as error:
            raise CommandFailed(Exit.UNAVAILABLE, f"{self._http.base_url} cannot be reached: {error}.") from error
        if answer.is_success:
            return answer
        raise _refusal(answer)


def _object(answer: httpx.Response) -> Object:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _stranger(answer)
    return found


def _page(answer: httpx.Response) -> tuple[list[Object], int]:
    """The objects on a page, and the total number on all pages."""
    match _object(answer):
        case {"meta": {"total_count": int(total)}, "objects": list(objects)}:
            return objects, total
    raise _stranger(answer)


def _stranger(answer: httpx.Response) -> CommandFailed:
    return CommandFailed(
        Exit.UNAVAILABLE, f"the server at {answer.url} is not a management API. Is --url the deployment's base URL?"
    )


def _refusal(answer: httpx.Response) -> CommandFailed | SettingsInvalid:
    """The exception for an error response."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    resource = answer.url.path.partition("/v1/")[2].partition("/")[0]
    faults = body.get(resource) if isinstance(body, dict) else None
    if answer.status_code == 400 and isinstance(faults, dict):
        return SettingsInvalid(faults)
    status = answer.status_code
    exit_code = _EXITS.get(status, Exit.REFUSED if 400 <= status < 500 else Exit.UNAVAILABLE)
    return CommandFailed(exit_code, " ".join(filter(None, (_message(answer, body), _HINTS.get(exit_code)))))


_HINTS = {
    Exit.ACCESS: "Check --username and VMR_PASSWORD; or, with az, check that --api-scope is right and that your "
    "account has the app role Scheduling.Admin (Scheduling.Read is enough to read).",
    Exit.UNAVAILABLE: "Try again later.",
}


def _message(answer: httpx.Response, body: Any) -> str:
    """The deployment's error message, or the status if there is no message."""
    told = body.get("error") if isinstance(body, dict) else None
    if isinstance(told, str):
        number = body.get("correlation_id")
        return f"{told} (Correlation id {number}.)" if number and answer.status_code >= 500 else told
    if answer.is_redirect:
        return f"{answer.url} points to {answer.headers.get('Location')}. Use the deployment's own base URL."
    return f"{answer.request.method} {answer.url.path} returned {answer.status_code} {answer.reason_phrase}."
