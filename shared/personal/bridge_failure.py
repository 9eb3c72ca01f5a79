"""A Management Node that does not give what it is asked for."""

from shared.errors import Unavailable


class BridgeFailed(Unavailable):
    """The node cannot be used now; `cause` is for an admin, and holds no secret and no address of a person."""

    code = "bridge_unavailable"

    def __init__(self, cause: str) -> None:
        super().__init__(
            "Your personal VMRs cannot be fetched now. Please try again; your administrator has been told."
        )
        self.cause = cause
