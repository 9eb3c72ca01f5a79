"""The management API: integrations and their meetings, in a form that admins' existing tools understand (I7).

call.py        a request and its response; parses JSON
resource.py    the protocols of resources; URIs and ids
engine.py      dispatches requests to resources, by Tastypie's conventions
admins.py      authenticates admins; readers.py: what read-only admins see
listing.py     order and pages; filters.py: one condition of a query; foreign_keys.py: follows references
description.py the resources of an area, and each resource's schema, in Tastypie's format
connectors.py  ms_exchange_connector; domains.py: exchange_domain; connector_objects.py: their objects;
               connector_schema.py: their JSON schemas; connector_actions.py: previews, checks, the doctor, the icon, …;
               connector_usage.py: what would be lost by deleting an integration
api_clients.py oauth2_client and role
fixed.py       constants that the original's clients look up
changes.py     who changed what; recording.py records changes, and reverting.py undoes them
writing.py     creates, changes and removes objects through a Recorder
meetings.py    scheduled meetings for a support desk, and their actions; meeting_status.py: how a meeting is shown
alarms.py      problems that an admin has to fix; former_alarms.py: cleared alarms; connector_health.py: the state of
               integrations; connector_names.py: their names
overview.py    activity per day, and how many rooms will be open over the next few days
meeting_objects.py shows a meeting as the original's objects; meeting_records.py: those of all meetings
records.py     read-only records; operations.py and schedulers.py: those in the status area
spans.py       finds the part of a stored list that answers a query
directory.py   records that may number thousands: conferences.py, conference_aliases.py, end_users.py
relations.py   the objects that these records refer to; conference_objects.py: shows and parses a VMR as a conference
openapi.py     the description of the API
"""

from shared.alarms import Alarms
from shared.changes import ChangeLog
from shared.clock import Clock
from shared.identity.api_clients import ApiClients
from shared.integrations import IntegrationStore
from shared.management.admins import Admin, Admins, ClientAdmins, EntraAdmins, PasswordAdmins
from shared.management.alarms import AlarmResource
from shared.management.api_clients import ApiClientResource, roles
from shared.management.call import Answer, Call
from shared.management.changes import Changes
from shared.management.conference_aliases import ConferenceAliases
from shared.management.conferences import Conferences
from shared.management.connector_actions import ConnectorActions, Examine, StartSignIn
from shared.management.connector_health import ConnectorHealth
from shared.management.connector_names import ConnectorNames
from shared.management.connectors import Connectors, Names
from shared.management.domains import Domains
from shared.management.end_users import end_users
from shared.management.engine import Management
from shared.management.fixed import worker_vms
from shared.management.former_alarms import FormerAlarms
from shared.management.lifecycle import Lifecycle
from shared.management.meeting_records import MeetingReader
from shared.management.meetings import Meetings
from shared.management.overview import Overview
from shared.management.records import records
from shared.management.relations import NameAt
from shared.management.resource import Resource
from shared.management.reverting import Reverting
from shared.meetings.room_control import RoomControl
from shared.personal.sources import served_by
from shared.personal.store import VmrStore
from shared.personal.users import UserStore
from shared.record_lists.lists import RecordLists
from shared.storage import Storage

__all__ = [
    "Admin",
    "Admins",
    "Answer",
    "Call",
    "ClientAdmins",
    "EntraAdmins",
    "Management",
    "PasswordAdmins",
    "management",
]


def management(
    admins: Admins,
    api_clients: ApiClients,
    integrations: IntegrationStore,
    storage: Storage,
    alarms: Alarms,
    clock: Clock,
    lifecycle: Lifecycle,
    examine: Examine,
    start_sign_in: StartSignIn,
    names: Names,
    name_at: NameAt,
    control: RoomControl,
    lists: RecordLists,
    *,
    local: bool,
) -> Management:
    """The API with all its resources. `examine` is the doctor; `names` and `name_at` resolve URIs; `control` closes and
    opens rooms; `lists` contains the lists of records.

    `local` means that this is a local stack (see IntegrationStore).
    """
    vmrs = VmrStore(storage, clock, served_by(integrations))
    scheduled = MeetingReader(integrations, storage, lists, clock)
    changes = ChangeLog(storage, clock)
    connector_actions = ConnectorActions(integrations, storage, clock, examine, start_sign_in)
    reverting = Reverting(changes, lambda: {(each.area, each.name): each for each in resources})
    resources: list[Resource] = [
        Connectors(integrations, storage, clock, lifecycle, names, connector_actions.by_name(), local=local),
        Domains(integrations, lifecycle),
        Conferences(vmrs, scheduled, integrations, clock, name_at),
        ConferenceAliases(vmrs, scheduled, clock),
        end_users(UserStore(storage), integrations),
        *records(integrations, storage, lists, scheduled),
        AlarmResource(integrations, alarms),
        ConnectorHealth(integrations, alarms, storage, clock),
        ConnectorNames(integrations),
        FormerAlarms(integrations, storage),
        Overview(integrations, storage, clock),
        ApiClientResource(api_clients),
        roles(),
        Meetings(integrations, storage, lists, control, clock),
        worker_vms(),
        Changes(changes, reverting),
    ]
    return Management(admins, resources, changes)
