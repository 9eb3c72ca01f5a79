"""Names of the integration, and which kinds of VMR it offers."""

from typing import Annotated

from shared.integrations.conditions import ALWAYS
from shared.integrations.setting import Line, Section, Setting


class General(Section):
    """What the integration is called and which VMRs its users may book."""

    title = "General"

    name: Annotated[Line, Setting("Name", "What admins call this integration.", required=ALWAYS)] = ""
    description: Annotated[Line, Setting("Description", "A note for admins; users never see it.")] = ""
    enable_dynamic_vmrs: Annotated[
        bool,
        Setting(
            "Enable single-use VMRs",
            "Users can book a VMR with random digits that exists for one meeting or series. "
            "Switches on the Exchange, single-use and e-mail text sections.",
        ),
    ] = True
    enable_personal_vmrs: Annotated[
        bool,
        Setting(
            "Enable personal VMRs",
            "Users can put one of their own, lasting VMRs on a meeting. Switches on the personal VMR section.",
        ),
    ] = False
