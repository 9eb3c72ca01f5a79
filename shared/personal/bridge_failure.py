"""The error raised when a Management Node fails to respond to a query."""

from shared.errors import Unavailable


class BridgeFailed(Unavailable):
    """The node cannot be used at the moment. `cause` is for admins, and contains no secrets or personal addresses."""

    code = "bridge_unavailable"

    def __init__(self, cause: str) -> None:
        super().__init__(
            "Your personal VMRs cannot be loaded at the moment. Please try again; your administrator has been notified."
        )
        self.cause = cause
