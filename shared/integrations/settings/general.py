"""The integration's name, and which kinds of VMR it offers."""

from typing import Annotated

from shared.integrations.conditions import ALWAYS
from shared.integrations.setting import Line, Section, Setting


class General(Section):
    """The integration's name and the VMRs that its users may book."""

    title = "General"

    name: Annotated[Line, Setting("Name", "The integration's name, for admins.", required=ALWAYS)] = ""
    description: Annotated[Line, Setting("Description", "A note for admins. Users never see it.")] = ""
    enable_dynamic_vmrs: Annotated[
        bool,
        Setting(
            "Enable single-use VMRs",
            "Users can book a VMR that has a random number and exists for one meeting or series. Enables the "
            "Exchange, single-use and e-mail text sections.",
        ),
    ] = True
    enable_personal_vmrs: Annotated[
        bool,
        Setting(
            "Enable personal VMRs",
            "Users can add one of their own permanent VMRs to a meeting. Enables the personal VMR section.",
        ),
    ] = False
