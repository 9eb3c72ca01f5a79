"""How a command ends: exit codes, and the error that ends a command early.

Scripts may rely on the numbers; docs/cli.md lists them.
"""

from enum import IntEnum

from shared.errors import SchedulingError


class Exit(IntEnum):
    """Exit codes. 2 is also used by the command line parser itself."""

    DONE = 0
    """Success; for `diff`, there is nothing to change, and for `doctor`, nothing is wrong."""
    CHANGES = 1
    """`diff` has found something that `apply` would change, or `doctor` has found a problem."""
    USAGE = 2
    """The command is invalid, or lacks what it needs to reach the deployment."""
    REFUSED = 3
    """A file, a template or settings are invalid. The integration concerned was not changed."""
    ACCESS = 4
    """The deployment rejected the caller."""
    CONFLICT = 5
    """Somebody else has changed the integration in the meantime, or there is some other conflict."""
    MISSING = 6
    """There is no such integration or resource."""
    UNAVAILABLE = 7
    """The deployment cannot be reached, or cannot respond at the moment."""


class CommandFailed(SchedulingError):
    """Ends the command; `str()` is shown to the person at the terminal."""

    code = "command_failed"

    def __init__(self, exit_code: Exit, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code
