"""Headings, messages and buttons of the add-in's task pane: the second half of "Add-in configuration"."""

from typing import Annotated

from shared.integrations.setting import Html, Section, Setting

_INSERT_FAILED = "There was a problem adding the joining instructions. Please try again."


class Pane(Section):
    """The pane's texts. A change takes effect the next time the pane opens."""

    title = "Add-in pane texts"
    about = "Values are text or HTML. HTML is sanitized. A change does not require a new manifest."

    addin_pane_title: Annotated[Html, Setting("Add-in pane title", "Heading of the pane.")] = "Add a VMR"
    addin_pane_description: Annotated[Html, Setting("Add-in pane description", "Text below the pane's heading.")] = (
        "This assigns a Virtual Meeting Room for your meeting"
    )
    addin_pane_button_title: Annotated[
        Html, Setting("Add-in pane single-use VMR button label", "Button that adds a single-use VMR.")
    ] = "Add a Single-use VMR"
    addin_pane_success_heading: Annotated[
        Html, Setting("Add-in pane success heading", "Heading shown once a VMR has been added.")
    ] = "Success"
    addin_pane_success_message: Annotated[
        Html, Setting("Success message", "Message shown once a VMR has been added.")
    ] = (
        "This meeting is now set up to be hosted as an audio or video conference in a Virtual Meeting Room. "
        "Please note this conference is not scheduled until you select Send."
    )
    addin_pane_already_video_meeting_heading: Annotated[
        Html, Setting("Already video meeting heading", "Heading shown when the meeting already has a VMR.")
    ] = "VMR already assigned"
    addin_pane_already_video_meeting_message: Annotated[
        Html, Setting("Already video meeting message", "Message shown when the meeting already has a VMR.")
    ] = (
        "It looks like this meeting has already been set up to be hosted in a Virtual Meeting Room. "
        "If this is a new meeting, select Send to schedule the conference."
    )
    addin_pane_management_node_down_heading: Annotated[
        Html,
        Setting("Unable to add joining instructions heading", "Heading shown when this service cannot be reached."),
    ] = "Cannot assign a VMR right now"
    addin_pane_management_node_down_message: Annotated[
        Html,
        Setting("Unable to add joining instructions message", "Message shown when this service cannot be reached."),
    ] = (
        "Sorry, we are unable to assign a Virtual Meeting Room at this time. "
        "Select Send to schedule the meeting, and all attendees will be sent joining instructions later."
    )
    addin_pane_general_error_heading: Annotated[
        Html, Setting("General error heading", "Heading shown when something goes wrong.")
    ] = "Error"
    addin_pane_general_error_message: Annotated[
        Html,
        Setting("Error inserting single-use VMR message", "Message shown when a single-use VMR could not be added."),
    ] = _INSERT_FAILED
    addin_pane_personal_vmr_add_button: Annotated[
        Html, Setting("Add-in pane personal VMR button label", "Button that adds a personal VMR.")
    ] = "Add a Personal VMR"
    addin_pane_personal_vmr_sign_in_button: Annotated[
        Html, Setting("Add-in pane sign in button label", "Button that asks the user to sign in for personal VMRs.")
    ] = "Sign In"
    addin_pane_personal_vmr_select_message: Annotated[
        Html, Setting("Select personal VMR message", "Asks the user to choose one of several personal VMRs.")
    ] = "Select the VMR you want to add to the meeting"
    addin_pane_personal_vmr_none_message: Annotated[
        Html, Setting("No personal VMR message", "Message shown when the user has no personal VMRs.")
    ] = "You do not have any personal VMRs"
    addin_pane_personal_vmr_error_getting_message: Annotated[
        Html, Setting("Error getting personal VMRs message", "Message shown when the user's VMRs could not be loaded.")
    ] = "There was a problem getting your personal VMRs. Please try again."
    addin_pane_personal_vmr_error_signing_in_message: Annotated[
        Html, Setting("Error signing in message", "Message shown when signing in failed.")
    ] = "There was a problem signing you in. Please try again."
    addin_pane_personal_vmr_error_inserting_meeting_message: Annotated[
        Html,
        Setting(
            "Error inserting personal VMR meeting message", "Message shown when a personal VMR could not be added."
        ),
    ] = _INSERT_FAILED
