"""What the service keeps about an integration; admins read it and do not set it."""

from typing import Annotated

from shared.integrations.setting import Guid, Section, Setting
from shared.secrets import SecretReference


class Record(Section):
    """Identity and history of the integration."""

    title = "Record"
    about = "Kept by the service. `uuid` may be given on creation only."

    id: Annotated[int, Setting("ID", "Number in this deployment; never used again.", read_only=True)] = 0
    uuid: Annotated[
        Guid, Setting("UUID", "Identity of the integration, part of the add-in's URLs. Chosen when none is given.")
    ] = ""
    public_key: Annotated[
        str,
        Setting(
            "Public key",
            "Always empty, kept for clients that read it: tags are signed with the deployment's TAG_SIGNING_KEY.",
            read_only=True,
        ),
    ] = ""
    private_key: Annotated[
        SecretReference | None, Setting("Private key", "Always null; see the public key.", secret=True, read_only=True)
    ] = None
    manifest_revision: Annotated[
        int,
        Setting("Manifest revision", "Rises with every change that the add-in's manifest shows.", read_only=True),
    ] = 1
    manifest_reinstall_needed: Annotated[
        bool,
        Setting(
            "Manifest reinstall needed",
            "The manifest has changed and nobody has acknowledged its installation yet.",
            read_only=True,
        ),
    ] = True
    manifest_installed_revision: Annotated[
        int,
        Setting(
            "Installed manifest revision",
            "The revision whose installation was acknowledged last; 0 before the first.",
            read_only=True,
        ),
    ] = 0
    icon: Annotated[
        str,
        Setting("Icon", "SHA-256 of the uploaded icon; empty for the default one.", read_only=True, internal=True),
    ] = ""
    revision: Annotated[
        int,
        Setting("Revision", "Rises with every change; what an ETag is made of.", read_only=True, internal=True),
    ] = 1
