"""How a command ends: exit codes, and the errors that end one early.

Scripts may rely on the numbers; docs/cli.md lists them.
"""

from enum import IntEnum

from shared.errors import SchedulingError


class Exit(IntEnum):
    """Exit codes. 2 is the command line parser's own."""

    DONE = 0
    """Also `diff` if there is nothing to change, and `doctor` if nothing is wrong."""
    CHANGES = 1
    """`diff` has found something that `apply` would change, or `doctor` something that is wrong."""
    USAGE = 2
    """The command is invalid, or lacks what it needs to reach the deployment."""
    REFUSED = 3
    """A file, a template or settings are invalid. Nothing of the integration concerned was changed."""
    ACCESS = 4
    """The deployment rejected the caller."""
    CONFLICT = 5
    """Somebody else has changed the integration meanwhile, or something is in the way."""
    MISSING = 6
    """There is no such integration or resource."""
    UNAVAILABLE = 7
    """The deployment cannot be reached, or cannot answer at the moment."""


class CommandFailed(SchedulingError):
    """Ends the command; `str()` is what the person at the terminal reads."""

    code = "command_failed"

    def __init__(self, exit_code: Exit, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code
