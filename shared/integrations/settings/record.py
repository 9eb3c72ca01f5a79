"""Values that the service records about an integration. Admins can read them but not set them."""

from typing import Annotated

from shared.integrations.setting import Guid, Section, Setting
from shared.secrets import SecretReference


class Record(Section):
    """The integration's identity and history."""

    title = "Record"
    about = "Maintained by the service. `uuid` can only be set on creation."

    id: Annotated[int, Setting("ID", "Unique in this deployment; never reused.", read_only=True)] = 0
    uuid: Annotated[
        Guid, Setting("UUID", "Identifies the integration in the add-in's URLs. Generated if none is given.")
    ] = ""
    public_key: Annotated[
        str,
        Setting(
            "Public key",
            "Always empty. Only exists for clients that read it. Tags are signed with TAG_SIGNING_KEY.",
            read_only=True,
        ),
    ] = ""
    private_key: Annotated[
        SecretReference | None, Setting("Private key", "Always null; see public_key.", secret=True, read_only=True)
    ] = None
    manifest_revision: Annotated[
        int,
        Setting("Manifest revision", "Incremented with every change to the add-in's manifest.", read_only=True),
    ] = 1
    manifest_reinstall_needed: Annotated[
        bool,
        Setting(
            "Manifest reinstall needed",
            "The manifest has changed, and its installation has not yet been acknowledged.",
            read_only=True,
        ),
    ] = True
    manifest_installed_revision: Annotated[
        int,
        Setting(
            "Installed manifest revision",
            "The last manifest revision whose installation was acknowledged; initially 0.",
            read_only=True,
        ),
    ] = 0
    icon: Annotated[
        str,
        Setting("Icon", "SHA-256 of the uploaded icon; empty for the default icon.", read_only=True, internal=True),
    ] = ""
    revision: Annotated[
        int,
        Setting("Revision", "Incremented with every change; basis of the ETag.", read_only=True, internal=True),
    ] = 1
